#include "maillog/field.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::maillog {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Does "name=" follow, blanks in front?
bool names_a_field(std::string_view rest) {
  const auto from = std::min(rest.find_first_not_of(' '), rest.size());
  const auto to =
      std::find_if_not(rest.begin() + static_cast<std::ptrdiff_t>(from), rest.end(), is_name_char);
  return to != rest.end() && *to == '=' && to != rest.begin() + static_cast<std::ptrdiff_t>(from);
}

}  // namespace

void append_field(std::string& out, std::string_view text, std::size_t limit) {
  const std::string plain = printable(text, limit);
  std::string_view rest = plain;
  for (;;) {
    const auto comma = rest.find(',');
    out += rest.substr(0, comma);
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
    out += names_a_field(rest) ? std::string_view("\\054") : std::string_view(",");
  }
}

std::string field(std::string_view text, std::size_t limit) {
  std::string out;
  append_field(out, text, limit);
  return out;
}

void append_address(std::string& out, std::string_view address) {
  const bool bare = address.starts_with('|') || address.starts_with('/') ||
                    address.starts_with("\"|") || address.starts_with("\"/");
  if (!bare) out += '<';
  append_field(out, address, kMaxAddress);
  if (!bare) out += '>';
}

std::string prefix(std::string_view queue_id) {
  std::string out(queue_id);
  if (!out.empty()) out += ": ";
  out.reserve(256);
  return out;
}

std::string_view to_string(Side side) { return side == Side::server ? "server" : "client"; }

}  // namespace signet::maillog
