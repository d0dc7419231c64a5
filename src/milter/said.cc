#include "milter/said.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "milter/wire.h"
#include "signet/base/text.h"

namespace signet::milter {
namespace {

constexpr std::size_t kMostLines = 32;  // of a reply, and octets of each: as in libmilter
constexpr std::size_t kMostOfLine = 980;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The texts of `data`, each with NUL behind it. Empty: something stands behind the last NUL.
std::optional<std::vector<std::string_view>> texts_of(std::string_view data) {
  if (!data.ends_with('\0')) return std::nullopt;
  data.remove_suffix(1);
  return split(data, '\0');
}

// "%%" is a '%', and nothing else may follow one.
std::optional<std::string> without_percents(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      ++i;
      if (i == text.size() || text[i] != '%') return std::nullopt;
    }
    out += text[i];
  }
  return out;
}

// enhanced-code = class "." subject "." detail. RFC 2034 §4
std::string_view enhanced_code_of(std::string_view text) {
  const auto word = text.substr(0, text.find(' '));
  const auto parts = split(word, '.');
  if (parts.size() != 3) return {};
  const bool numbers = std::ranges::all_of(parts, [](std::string_view part) {
    return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
  });
  return numbers ? word : std::string_view{};
}

// ftext. RFC 5322 §3.6.8
bool is_field_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

// However lines end, and whatever begins the next one: it stays one field. Lines of blanks only
// would end the header for some readers.
std::string one_field(std::string_view value, bool leading_space) {
  std::string out;
  if (!leading_space) out += ' ';
  bool first = true;
  for (auto line : split(value, '\n')) {
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (!first && trim(line).empty()) continue;
    if (!first) out += line.front() == ' ' || line.front() == '\t' ? "\n" : "\n\t";
    const std::size_t begin = out.size();
    out += line;
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '\r', ' ');
    first = false;
  }
  return out;
}

std::optional<Change> parse_field_change(char letter, std::string_view data, bool leading_space) {
  std::uint32_t index = 0;
  if (letter != 'h') {
    if (data.size() < wire::kNumber) return std::nullopt;
    index = wire::number(data);
    data.remove_prefix(wire::kNumber);
  }
  const auto texts = texts_of(data);
  if (!texts || texts->size() != 2 || !is_field_name(texts->front())) return std::nullopt;
  std::string name(texts->front());
  const auto value = texts->back();
  std::string field = one_field(value, leading_space);
  if (letter == 'h') return AddField{std::move(name), std::move(field)};
  if (letter == 'i') return InsertField{index, std::move(name), std::move(field)};
  if (value.empty()) field.clear();
  return ChangeField{index, std::move(name), std::move(field)};
}

// An address, and for some letters what stands behind it in MAIL and RCPT.
std::optional<Change> parse_path_change(char letter, std::string_view data) {
  const auto texts = texts_of(data);
  const std::size_t most = letter == 'e' || letter == '2' ? 2 : 1;
  if (!texts || texts->size() > most || texts->front().empty()) return std::nullopt;
  std::string address(texts->front());
  std::string arguments(texts->size() == 2 ? texts->back() : std::string_view{});
  if (letter == 'e') return ChangeSender{std::move(address), std::move(arguments)};
  if (letter == '-') return DeleteRecipient{std::move(address)};
  return AddRecipient{std::move(address), std::move(arguments)};
}

}  // namespace

std::optional<mail::Reply> parse_reply(std::string_view data) {
  const auto texts = texts_of(data);
  if (!texts || texts->size() != 1) return std::nullopt;
  const auto text = without_percents(texts->front());
  if (!text) return std::nullopt;
  mail::Reply reply;
  const auto lines = split(*text, '\n');
  if (lines.size() > kMostLines) return std::nullopt;
  const auto code = std::string_view(*text).substr(0, 3);
  bool bare = true;  // no line has an enhanced code, of whatever class
  for (auto line : lines) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() < 3 || line.size() > kMostOfLine || !line.starts_with(code)) {
      return std::nullopt;
    }
    const bool refuses =
        (line[0] == '4' || line[0] == '5') && is_digit(line[1]) && is_digit(line[2]);
    const bool parted = line.size() == 3 || line[3] == ' ' || line[3] == '-';
    if (!refuses || !parted) return std::nullopt;
    line.remove_prefix(std::min<std::size_t>(line.size(), 4));
    if (const auto enhanced = enhanced_code_of(line); !enhanced.empty()) {
      bare = false;
      if (enhanced.front() == code.front() && enhanced[1] == '.') {
        if (reply.enhanced.empty()) reply.enhanced = enhanced;
        line.remove_prefix(enhanced.size());
        if (line.starts_with(' ')) line.remove_prefix(1);
      }
    }
    if (!reply.text.empty()) reply.text += '\n';
    for (const char c : line) reply.text += c >= ' ' && c < 0x7f ? c : '?';
  }
  if (bare) reply.enhanced = std::string(1, code.front()) + ".0.0";  // as sendmail
  reply.code = static_cast<int>(parse_number(code).value_or(0));
  return reply;
}

std::optional<Change> parse_change(char letter, std::string_view data, bool leading_space) {
  switch (letter) {
    case 'h':
    case 'i':
    case 'm':
      return parse_field_change(letter, data, leading_space);
    case 'e':
    case '+':
    case '2':
    case '-':
      return parse_path_change(letter, data);
    case 'b':
      return ReplaceBody{std::string(data)};
    case 'q': {
      const auto texts = texts_of(data);
      if (!texts || texts->size() != 1) return std::nullopt;
      return Quarantine{std::string(texts->front())};
    }
    default:
      return std::nullopt;
  }
}

}  // namespace signet::milter
