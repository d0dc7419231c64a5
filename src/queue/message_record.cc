#include "queue/message_record.h"

#include <algorithm>
#include <utility>

#include "queue/coding.h"
#include "queue/recipient_parts.h"

namespace signet::queue {
namespace {

constexpr std::size_t kMaxStatus = 1024;  // a reason for mailq, not an archive
constexpr int kBitsOfOctet = 8;
constexpr std::uint8_t kWarned = 1;
constexpr std::uint8_t kReleased = 2;
// Parts of the envelope; those of recipients are in recipient_parts.cc.
constexpr std::uint8_t kDoubleBounce = 'D';  // empty
constexpr std::uint8_t kReports = 'R';
// Bits of one octet.
constexpr std::uint8_t kTimed = 1;
constexpr std::uint8_t kGivesUp = 2;
constexpr std::uint8_t kTraced = 4;

void put_time(Encoder& encoder, WallTime when) { encoder.i64(when.time_since_epoch().count()); }

WallTime take_time(Decoder& decoder) { return WallTime{std::chrono::seconds{decoder.i64()}}; }

// next_attempt stands first: glance_at_progress reads only that.
void put_state(Encoder& encoder, const State& state) {
  put_time(encoder, state.next_attempt);
  put_time(encoder, state.last_attempt);
  encoder.u32(static_cast<std::uint32_t>(state.attempts));
  encoder.u8(
      static_cast<std::uint8_t>((state.warned ? kWarned : 0) | (state.released ? kReleased : 0)));
  encoder.text(std::string_view(state.status).substr(0, kMaxStatus));
  std::string bits((state.done.size() + kBitsOfOctet - 1) / kBitsOfOctet, '\0');
  for (std::size_t i = 0; i < state.done.size(); ++i) {
    if (state.done[i]) {
      bits[i / kBitsOfOctet] =
          static_cast<char>(bits[i / kBitsOfOctet] | (1 << (i % kBitsOfOctet)));
    }
  }
  encoder.u32(static_cast<std::uint32_t>(state.done.size()));
  encoder.text(bits);
}

std::optional<State> take_state(Decoder& decoder) {
  State state;
  state.next_attempt = take_time(decoder);
  state.last_attempt = take_time(decoder);
  state.attempts = static_cast<int>(decoder.u32() & 0x7fffffff);
  const auto flags = decoder.u8();
  state.warned = (flags & kWarned) != 0;
  state.released = (flags & kReleased) != 0;
  state.status = decoder.text();
  const std::size_t count = decoder.u32();
  const auto bits = decoder.text();
  if (decoder.broken() || bits.size() != (count + kBitsOfOctet - 1) / kBitsOfOctet) {
    return std::nullopt;
  }
  state.done.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    state.done[i] = (bits[i / kBitsOfOctet] >> (i % kBitsOfOctet) & 1) != 0;
  }
  return state;
}

bool wants_reports(const mail::Envelope& envelope) {
  return !envelope.envelope_id.empty() || envelope.deliver_by ||
         envelope.return_part != mail::ReturnPart::unspecified;
}

// ENVID, RET and BY.
std::string reports_of(const mail::Envelope& envelope) {
  std::string part;
  Encoder encoder(part);
  encoder.text(envelope.envelope_id);
  encoder.u8(static_cast<std::uint8_t>(envelope.return_part));
  const auto by = envelope.deliver_by.value_or(mail::DeliverBy{});
  encoder.u8(static_cast<std::uint8_t>((envelope.deliver_by ? kTimed : 0) |
                                       (by.gives_up() ? kGivesUp : 0) | (by.trace ? kTraced : 0)));
  encoder.i64(by.within.count());
  return part;
}

// Behind the quarantine stand parts that an older program had not, each with its letter.
void put_envelope(Encoder& encoder, const mail::Envelope& envelope) {
  encoder.text(envelope.id);
  encoder.text(envelope.sender);
  encoder.u64(envelope.size);
  encoder.u8(static_cast<std::uint8_t>(envelope.body));
  encoder.text(envelope.protocol);
  encoder.text(envelope.message_id);
  encoder.text(envelope.peer);
  encoder.text(envelope.auth_sender);
  encoder.u32(static_cast<std::uint32_t>(envelope.recipients.size()));
  for (const auto& recipient : envelope.recipients) encoder.text(recipient.address);
  Parts parts = parts_of(envelope.recipients);
  if (envelope.double_bounce) parts.push_back({kDoubleBounce});
  if (wants_reports(envelope)) parts.push_back({kReports, reports_of(envelope)});
  if (!envelope.quarantine.empty() || !parts.empty()) encoder.text(envelope.quarantine);
  for (const auto& part : parts) {
    encoder.u8(part.letter);
    encoder.text(part.text);
  }
}

bool take_reports(std::string_view part, mail::Envelope& envelope) {
  Decoder decoder(part);
  envelope.envelope_id = decoder.text();
  const auto returned = decoder.u8();
  if (returned > static_cast<std::uint8_t>(mail::ReturnPart::headers)) return false;
  envelope.return_part = static_cast<mail::ReturnPart>(returned);
  const auto bits = decoder.u8();
  const auto within = decoder.i64();
  if (within > mail::kMostDeliverBy || within < -mail::kMostDeliverBy) return false;
  if ((bits & kTimed) != 0) {
    envelope.deliver_by =
        mail::DeliverBy{.within = std::chrono::seconds(within),
                        .mode = (bits & kGivesUp) != 0 ? mail::DeliverBy::Mode::give_up
                                                       : mail::DeliverBy::Mode::notify,
                        .trace = (bits & kTraced) != 0};
  }
  return !decoder.broken();
}

std::optional<mail::Envelope> take_envelope(Decoder& decoder) {
  mail::Envelope envelope;
  envelope.id = decoder.text();
  envelope.sender = decoder.text();
  envelope.size = decoder.u64();
  const auto body = decoder.u8();
  if (body > static_cast<std::uint8_t>(mail::Body::eight_bit_mime)) return std::nullopt;
  envelope.body = static_cast<mail::Body>(body);
  envelope.protocol = decoder.text();
  envelope.message_id = decoder.text();
  envelope.peer = decoder.text();
  envelope.auth_sender = decoder.text();
  const std::size_t count = decoder.u32();
  if (count > decoder.left()) return std::nullopt;  // each takes at least its length field
  envelope.recipients.reserve(count);
  for (std::size_t i = 0; i < count && !decoder.broken(); ++i) {
    envelope.recipients.push_back({std::string(decoder.text())});
  }
  if (!decoder.broken() && decoder.left() != 0) envelope.quarantine = decoder.text();
  while (!decoder.broken() && decoder.left() != 0) {
    const auto letter = decoder.u8();
    const auto part = decoder.text();
    if (letter == kDoubleBounce) envelope.double_bounce = true;
    if (!take_part_of_recipients(letter, part, envelope.recipients)) return std::nullopt;
    if (letter == kReports && !take_reports(part, envelope)) return std::nullopt;
  }
  if (decoder.broken()) return std::nullopt;
  return envelope;
}

}  // namespace

void apply(const Progress& progress, State& state) {
  for (const auto index : progress.finished) {
    if (index < state.done.size()) state.done[index] = true;
  }
  if (progress.attempted) {
    ++state.attempts;
    state.last_attempt = progress.when;
  }
  state.next_attempt = progress.next_attempt;
  state.status = progress.status;
  state.warned = state.warned || progress.warned;
  state.released = state.released || progress.released;
}

std::string encode_meta(const StoredMessage& message) {
  std::string meta;
  Encoder encoder(meta);
  put_time(encoder, message.envelope.arrived);
  encoder.u64(message.body_bytes);
  put_state(encoder, message.state);
  put_envelope(encoder, message.envelope);
  std::string out;
  Encoder(out).text(meta);
  return out;
}

std::string encode(const State& state) {
  std::string out;
  Encoder encoder(out);
  put_state(encoder, state);
  return out;
}

std::string encode_gone(std::uint64_t segment) {
  std::string out;
  Encoder(out).u64(segment);
  return out;
}

std::optional<DecodedMessage> decode_message(std::string_view payload) {
  Decoder whole(payload);
  const auto meta = whole.text();
  if (whole.broken()) return std::nullopt;
  Decoder decoder(meta);
  DecodedMessage decoded;
  const auto arrived = take_time(decoder);
  decoded.message.body_bytes = decoder.u64();
  auto state = take_state(decoder);
  if (!state) return std::nullopt;
  decoded.message.state = std::move(*state);
  auto envelope = take_envelope(decoder);
  if (!envelope || decoded.message.state.done.size() != envelope->recipients.size()) {
    return std::nullopt;
  }
  decoded.message.envelope = std::move(*envelope);
  decoded.message.envelope.arrived = arrived;
  decoded.content_at = payload.size() - whole.left();
  return decoded;
}

std::optional<State> decode_state(std::string_view payload) {
  Decoder decoder(payload);
  return take_state(decoder);
}

std::optional<std::uint64_t> decode_gone(std::string_view payload) {
  Decoder decoder(payload);
  const auto segment = decoder.u64();
  if (decoder.broken()) return std::nullopt;
  return segment;
}

std::optional<Glance> glance_at_message(std::string_view payload) {
  Decoder decoder(payload);
  decoder.u32();  // length of the meta part
  Glance glance;
  glance.arrived = take_time(decoder);
  glance.body_bytes = decoder.u64();
  glance.next_attempt = take_time(decoder);
  if (decoder.broken()) return std::nullopt;
  return glance;
}

std::optional<Glance> glance_at_progress(std::string_view payload) {
  Decoder decoder(payload);
  Glance glance;
  glance.next_attempt = take_time(decoder);
  if (decoder.broken()) return std::nullopt;
  return glance;
}

}  // namespace signet::queue
