// Events as the protocol writes them.
#include <algorithm>
#include <array>

#include "milter/events.h"
#include "milter/wire.h"
#include "signet/base/text.h"

namespace signet::milter {
namespace {

constexpr std::array kRows = std::to_array<EventRow>({
    {Event::connect, 'C', "connect", Stage::connect, 0x01, 0x1000},
    {Event::helo, 'H', "helo", Stage::helo, 0x02, 0x2000},
    {Event::mail, 'M', "mail", Stage::mail, 0x04, 0x4000},
    {Event::rcpt, 'R', "rcpt", Stage::rcpt, 0x08, 0x8000},
    {Event::data, 'T', "data", Stage::data, wire::kNoData, 0x10000},
    {Event::header, 'L', "header", std::nullopt, 0x20, 0x80},
    {Event::end_of_header, 'N', "eoh", Stage::end_of_header, 0x40, 0x40000},
    {Event::body, 'B', "body", std::nullopt, 0x10, 0x80000},
    {Event::end_of_message, 'E', "eom", Stage::end_of_message, 0, 0},
    {Event::unknown, 'U', "unknown", std::nullopt, wire::kNoUnknown, 0x20000},
});
static_assert(kRows.size() == static_cast<std::size_t>(Event::unknown) + 1);

// The text of libmilter ends with NUL: one inside of it would end it early.
std::string string_of(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '\0', ' ');
  out += '\0';
  return out;
}

std::string strings_of(std::string_view first, const std::vector<std::string>& rest) {
  std::string out = string_of(first);
  for (const auto& one : rest) out += string_of(one);
  return out;
}

}  // namespace

const EventRow& row_of(Event event) { return kRows[static_cast<std::size_t>(event)]; }

std::string_view to_string(Event event) { return row_of(event).name; }

News connect_news(const mail::PeerFacts& peer) {
  std::string data = string_of(peer.name);
  data += peer.remote.ip.is_v6() ? '6' : '4';
  data += static_cast<char>(static_cast<unsigned char>(peer.remote.port >> 8));
  data += static_cast<char>(static_cast<unsigned char>(peer.remote.port & 0xff));
  data += string_of(peer.address());
  return {.event = Event::connect, .data = std::move(data)};
}

News helo_news(std::string_view name) { return {.event = Event::helo, .data = string_of(name)}; }

News mail_news(std::string_view path, const std::vector<std::string>& arguments) {
  return {.event = Event::mail, .data = strings_of(path, arguments)};
}

News rcpt_news(std::string_view path, const std::vector<std::string>& arguments) {
  return {.event = Event::rcpt, .data = strings_of(path, arguments)};
}

News data_news() { return {.event = Event::data}; }

// libmilter takes no longer frame than that of a chunk: of a longer field it sees the beginning.
News header_news(const mail::Field& field) {
  std::string data = string_of(std::string_view(field.name).substr(0, kBodyChunk / 2));
  data += string_of(std::string_view(field.value).substr(0, kBodyChunk - data.size() - 1));
  return {.event = Event::header, .data = std::move(data)};
}

News end_of_header_news() { return {.event = Event::end_of_header}; }

News body_news(std::string octets) { return {.event = Event::body, .data = std::move(octets)}; }

News end_of_message_news() { return {.event = Event::end_of_message}; }

News unknown_news(std::string_view line) {
  return {.event = Event::unknown, .data = string_of(line)};
}

MacroNames parse_macro_names(std::string_view text) {
  MacroNames names;
  for (const auto word : words(text, ", \t\r\n")) {
    if (names.size() < kMostMacros) names.emplace_back(word);
  }
  return names;
}

}  // namespace signet::milter
