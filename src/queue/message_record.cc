#include "queue/message_record.h"

#include <algorithm>
#include <utility>

#include "queue/coding.h"

namespace signet::queue {
namespace {

constexpr std::size_t kMaxStatus = 1024;  // a reason for mailq, not an archive
constexpr int kBitsOfOctet = 8;
constexpr std::uint8_t kWarned = 1;
constexpr std::uint8_t kReleased = 2;
// Parts of the envelope.
constexpr std::uint8_t kMembers = 'M';
constexpr std::uint8_t kDoubleBounce = 'D';  // empty
constexpr std::uint8_t kListSources = 'L';   // of recipients
constexpr std::uint8_t kNotify = 'N';        // of recipients
constexpr std::uint8_t kReports = 'R';       // of the message
// Bits of one octet.
constexpr std::uint8_t kNever = 1;
constexpr std::uint8_t kSuccess = 2;
constexpr std::uint8_t kFailure = 4;
constexpr std::uint8_t kDelay = 8;
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

bool is_more_than_address(const mail::Recipient& recipient) {
  return recipient.kind != mail::Recipient::Kind::address || !recipient.user.empty() ||
         !recipient.origin.empty() || !recipient.owner.empty() || !recipient.source.empty() ||
         !recipient.trail.empty();
}

// Of the recipients that are more than an address: which, and what.
void put_members(std::string& part, const mail::Envelope& envelope) {
  Encoder encoder(part);
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    const auto& recipient = envelope.recipients[i];
    if (!is_more_than_address(recipient)) continue;
    encoder.u32(static_cast<std::uint32_t>(i));
    encoder.u8(static_cast<std::uint8_t>(recipient.kind));
    encoder.text(recipient.user);
    encoder.text(recipient.origin);
    encoder.text(recipient.owner);
    encoder.text(recipient.source);
    encoder.u32(static_cast<std::uint32_t>(recipient.trail.size()));
    for (const auto& name : recipient.trail) encoder.text(name);
  }
}

bool has_list_source(const mail::Recipient& recipient) { return !recipient.list_source.empty(); }

// Of the recipients that have one.
void put_list_sources(std::string& part, const mail::Envelope& envelope) {
  Encoder encoder(part);
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    if (!has_list_source(envelope.recipients[i])) continue;
    encoder.u32(static_cast<std::uint32_t>(i));
    encoder.text(envelope.recipients[i].list_source);
  }
}

bool has_wishes(const mail::Recipient& recipient) {
  return recipient.notify.said() || !recipient.original.empty();
}

// Of the recipients that a client said NOTIFY or ORCPT of: which, and what.
void put_wishes(std::string& part, const mail::Envelope& envelope) {
  Encoder encoder(part);
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    const auto& recipient = envelope.recipients[i];
    if (!has_wishes(recipient)) continue;
    const auto& notify = recipient.notify;
    encoder.u32(static_cast<std::uint32_t>(i));
    encoder.u8(
        static_cast<std::uint8_t>((notify.never ? kNever : 0) | (notify.success ? kSuccess : 0) |
                                  (notify.failure ? kFailure : 0) | (notify.delay ? kDelay : 0)));
    encoder.text(recipient.original);
  }
}

bool wants_reports(const mail::Envelope& envelope) {
  return !envelope.envelope_id.empty() || envelope.deliver_by ||
         envelope.return_part != mail::ReturnPart::unspecified;
}

// ENVID, RET and BY.
void put_reports(std::string& part, const mail::Envelope& envelope) {
  Encoder encoder(part);
  encoder.text(envelope.envelope_id);
  encoder.u8(static_cast<std::uint8_t>(envelope.return_part));
  const auto by = envelope.deliver_by.value_or(mail::DeliverBy{});
  encoder.u8(static_cast<std::uint8_t>((envelope.deliver_by ? kTimed : 0) |
                                       (by.gives_up() ? kGivesUp : 0) | (by.trace ? kTraced : 0)));
  encoder.i64(by.within.count());
}

void put_part(Encoder& encoder, std::uint8_t letter, std::string_view part) {
  encoder.u8(letter);
  encoder.text(part);
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
  const bool members = std::ranges::any_of(envelope.recipients, is_more_than_address);
  const bool sources = std::ranges::any_of(envelope.recipients, has_list_source);
  const bool wishes = std::ranges::any_of(envelope.recipients, has_wishes);
  const bool reports = wants_reports(envelope);
  const bool parts = members || sources || envelope.double_bounce || wishes || reports;
  if (!envelope.quarantine.empty() || parts) encoder.text(envelope.quarantine);
  std::string part;
  if (members) {
    put_members(part, envelope);
    put_part(encoder, kMembers, std::exchange(part, {}));
  }
  if (sources) {
    put_list_sources(part, envelope);
    put_part(encoder, kListSources, std::exchange(part, {}));
  }
  if (envelope.double_bounce) put_part(encoder, kDoubleBounce, {});
  if (wishes) {
    put_wishes(part, envelope);
    put_part(encoder, kNotify, std::exchange(part, {}));
  }
  if (reports) {
    put_reports(part, envelope);
    put_part(encoder, kReports, part);
  }
}

bool take_members(std::string_view part, mail::Envelope& envelope) {
  Decoder decoder(part);
  while (decoder.left() != 0) {
    const std::size_t index = decoder.u32();
    if (decoder.broken() || index >= envelope.recipients.size()) return false;
    auto& recipient = envelope.recipients[index];
    const auto kind = decoder.u8();
    if (kind > static_cast<std::uint8_t>(mail::Recipient::Kind::alias)) return false;
    recipient.kind = static_cast<mail::Recipient::Kind>(kind);
    recipient.user = decoder.text();
    recipient.origin = decoder.text();
    recipient.owner = decoder.text();
    recipient.source = decoder.text();
    const std::size_t count = decoder.u32();
    if (count > decoder.left()) return false;
    for (std::size_t i = 0; i < count && !decoder.broken(); ++i) {
      recipient.trail.emplace_back(decoder.text());
    }
  }
  return !decoder.broken();
}

bool take_list_sources(std::string_view part, mail::Envelope& envelope) {
  Decoder decoder(part);
  while (decoder.left() != 0) {
    const std::size_t index = decoder.u32();
    if (decoder.broken() || index >= envelope.recipients.size()) return false;
    envelope.recipients[index].list_source = decoder.text();
  }
  return !decoder.broken();
}

bool take_wishes(std::string_view part, mail::Envelope& envelope) {
  Decoder decoder(part);
  while (decoder.left() != 0) {
    const std::size_t index = decoder.u32();
    if (decoder.broken() || index >= envelope.recipients.size()) return false;
    auto& recipient = envelope.recipients[index];
    const auto bits = decoder.u8();
    recipient.notify = {.never = (bits & kNever) != 0,
                        .success = (bits & kSuccess) != 0,
                        .failure = (bits & kFailure) != 0,
                        .delay = (bits & kDelay) != 0};
    recipient.original = decoder.text();
  }
  return !decoder.broken();
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
    if (letter == kMembers && !take_members(part, envelope)) return std::nullopt;
    if (letter == kListSources && !take_list_sources(part, envelope)) return std::nullopt;
    if (letter == kDoubleBounce) envelope.double_bounce = true;
    if (letter == kNotify && !take_wishes(part, envelope)) return std::nullopt;
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
