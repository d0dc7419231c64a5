// The letters and flags of the milter protocol: a frame is a length of four octets, which counts
// the letter and what is behind it, the letter, and that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace signet::milter::wire {

// ---- letters: what we say; an event has its own (table in news.cc) ----
inline constexpr char kNegotiate = 'O';  // both sides
inline constexpr char kMacros = 'D';
inline constexpr char kAbort = 'A';
inline constexpr char kQuit = 'Q';

// ---- actions: what a filter may want (SMFIF_*) ----
inline constexpr std::uint32_t kAddsFields = 0x01;
inline constexpr std::uint32_t kChangesBody = 0x02;
inline constexpr std::uint32_t kAddsRecipients = 0x04;
inline constexpr std::uint32_t kDeletesRecipients = 0x08;
inline constexpr std::uint32_t kChangesFields = 0x10;
inline constexpr std::uint32_t kQuarantines = 0x20;
inline constexpr std::uint32_t kChangesSender = 0x40;
inline constexpr std::uint32_t kAddsRecipientsWithArguments = 0x80;
inline constexpr std::uint32_t kAllActions = 0x1ff;  // 0x100: it names the macros it wants

// ---- protocol: which events, which answers (SMFIP_*) ----
inline constexpr std::uint32_t kNoUnknown = 0x100;
inline constexpr std::uint32_t kNoData = 0x200;
inline constexpr std::uint32_t kRefusedRecipients = 0x800;
inline constexpr std::uint32_t kLeadingSpace = 0x100000;  // of a field's value, both ways
inline constexpr std::uint32_t kAllProtocol = 0x1fffff;

inline constexpr std::uint32_t kVersion = 6;
inline constexpr std::size_t kNumber = 4;  // octets of one

inline std::string number(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<unsigned char>(value >> shift));
  }
  return out;
}
// `octets` has kNumber of them.
inline std::uint32_t number(std::string_view octets) {
  std::uint32_t value = 0;
  for (const char c : octets.substr(0, kNumber)) {
    value = (value << 8) | static_cast<unsigned char>(c);
  }
  return value;
}
inline std::string frame(char letter, std::string_view data) {
  std::string out = number(static_cast<std::uint32_t>(data.size() + 1));
  out += letter;
  out += data;
  return out;
}

}  // namespace signet::milter::wire
