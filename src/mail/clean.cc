#include "mail/clean.h"

#include <ranges>

namespace signet::mail {
namespace {

constexpr std::size_t kMaxHost = 255;  // RFC 5321 §4.5.3.1.2

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(".-_:[]").find(c) != std::string_view::npos;
}

}  // namespace

std::string clean_host(std::string_view text) {
  std::string out(text.substr(0, kMaxHost));
  for (char& c : out) {
    if (!is_host_char(c)) c = '?';
  }
  return out;
}

std::string clean_line(std::string_view text, std::size_t limit) {
  std::string out;
  append_clean_line(out, text, limit);
  return out;
}

void append_clean_line(std::string& out, std::string_view text, std::size_t limit) {
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out += text.substr(0, limit);
  for (char& c : std::ranges::subrange(out.begin() + begin, out.end())) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\t') {
      c = ' ';
    } else if (byte < 0x20 || byte == 0x7f) {
      c = '?';
    }
  }
}

}  // namespace signet::mail
