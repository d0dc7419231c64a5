#include "queue/recipient_parts.h"

#include <algorithm>
#include <array>

#include "queue/coding.h"

namespace signet::queue {
namespace {

using mail::Recipient;

// Of NOTIFY, in one octet.
constexpr std::uint8_t kNever = 1;
constexpr std::uint8_t kSuccess = 2;
constexpr std::uint8_t kFailure = 4;
constexpr std::uint8_t kDelay = 8;

bool is_more_than_address(const Recipient& recipient) {
  return recipient.kind != Recipient::Kind::address || !recipient.user.empty() ||
         !recipient.origin.empty() || !recipient.owner.empty() || !recipient.source.empty() ||
         !recipient.trail.empty();
}

void put_member(Encoder& encoder, const Recipient& recipient) {
  encoder.u8(static_cast<std::uint8_t>(recipient.kind));
  encoder.text(recipient.user);
  encoder.text(recipient.origin);
  encoder.text(recipient.owner);
  encoder.text(recipient.source);
  encoder.u32(static_cast<std::uint32_t>(recipient.trail.size()));
  for (const auto& name : recipient.trail) encoder.text(name);
}

bool take_member(Decoder& decoder, Recipient& recipient) {
  const auto kind = decoder.u8();
  if (kind > static_cast<std::uint8_t>(Recipient::Kind::alias)) return false;
  recipient.kind = static_cast<Recipient::Kind>(kind);
  recipient.user = decoder.text();
  recipient.origin = decoder.text();
  recipient.owner = decoder.text();
  recipient.source = decoder.text();
  const std::size_t count = decoder.u32();
  if (count > decoder.left()) return false;
  for (std::size_t i = 0; i < count && !decoder.broken(); ++i) {
    recipient.trail.emplace_back(decoder.text());
  }
  return true;
}

bool has_list_source(const Recipient& recipient) { return !recipient.list_source.empty(); }

void put_list_source(Encoder& encoder, const Recipient& recipient) {
  encoder.text(recipient.list_source);
}

bool take_list_source(Decoder& decoder, Recipient& recipient) {
  recipient.list_source = decoder.text();
  return true;
}

bool has_wishes(const Recipient& recipient) {
  return recipient.notify.said() || !recipient.original.empty();
}

void put_wishes(Encoder& encoder, const Recipient& recipient) {
  const auto& notify = recipient.notify;
  encoder.u8(
      static_cast<std::uint8_t>((notify.never ? kNever : 0) | (notify.success ? kSuccess : 0) |
                                (notify.failure ? kFailure : 0) | (notify.delay ? kDelay : 0)));
  encoder.text(recipient.original);
}

bool take_wishes(Decoder& decoder, Recipient& recipient) {
  const auto bits = decoder.u8();
  recipient.notify = {.never = (bits & kNever) != 0,
                      .success = (bits & kSuccess) != 0,
                      .failure = (bits & kFailure) != 0,
                      .delay = (bits & kDelay) != 0};
  recipient.original = decoder.text();
  return true;
}

// A part has an entry for each recipient that needs one: which, and what.
struct Row {
  std::uint8_t letter;
  bool (*is_needed)(const Recipient& recipient);
  void (*put)(Encoder& encoder, const Recipient& recipient);
  bool (*take)(Decoder& decoder, Recipient& recipient);  // false: malformed
};
constexpr std::array kRows{
    Row{'M', &is_more_than_address, &put_member, &take_member},
    Row{'L', &has_list_source, &put_list_source, &take_list_source},
    Row{'N', &has_wishes, &put_wishes, &take_wishes},
};

std::string entries_of(const Row& row, const std::vector<Recipient>& recipients) {
  std::string text;
  Encoder encoder(text);
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    if (!row.is_needed(recipients[i])) continue;
    encoder.u32(static_cast<std::uint32_t>(i));
    row.put(encoder, recipients[i]);
  }
  return text;
}

}  // namespace

Parts parts_of(const std::vector<Recipient>& recipients) {
  Parts parts;
  for (const auto& row : kRows) {
    auto text = entries_of(row, recipients);
    if (!text.empty()) parts.push_back({row.letter, std::move(text)});
  }
  return parts;
}

bool take_part_of_recipients(std::uint8_t letter, std::string_view text,
                             std::vector<Recipient>& recipients) {
  const auto row = std::ranges::find(kRows, letter, &Row::letter);
  if (row == kRows.end()) return true;
  Decoder decoder(text);
  while (decoder.left() != 0) {
    const std::size_t index = decoder.u32();
    if (decoder.broken() || index >= recipients.size()) return false;
    if (!row->take(decoder, recipients[index])) return false;
  }
  return !decoder.broken();
}

}  // namespace signet::queue
