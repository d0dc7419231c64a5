#include "table/ldap_filter.h"

namespace signet::table {
namespace {

// RFC 4515 §3: what is syntax, and what is not ASCII, as \XX.
void append_as_data(std::string& filter, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '*' && c != '(' && c != ')' && c != '\\') {
      filter += c;
      continue;
    }
    filter += '\\';
    filter += kHexDigits[byte >> 4U];
    filter += kHexDigits[byte & 15U];
  }
}

}  // namespace

std::string fill_ldap_filter(std::string_view filter, std::string_view key) {
  std::string filled;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const char next = i + 1 < filter.size() ? filter[i + 1] : ' ';
    if (filter[i] == '%' && (next == '0' || next == 's')) {
      append_as_data(filled, key);
      ++i;
    } else {
      filled += filter[i];
    }
  }
  return filled;
}

}  // namespace signet::table
