#include "signet/mail/reply.h"

#include "mail/clean.h"
#include "signet/base/text.h"

namespace signet::mail {
namespace {

// The peer may have chosen part of the text; a reply line of ours stays one line.
constexpr std::size_t kMaxTextLine = 2000;

bool takes_address(int code) {
  switch (code) {
    case 50:
    case 250:
    case 252:
    case 450:
    case 550:
    case 553:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string Reply::line() const {
  std::string out = std::to_string(code);
  if (!enhanced.empty()) out += ' ' + enhanced;
  for (const auto piece : split(text, '\n')) {
    const auto words_only = trim(piece);
    if (words_only.empty()) continue;
    out += ' ';
    out += words_only;
  }
  return out;
}

Reply Reply::softened() const {
  if (!permanent()) return *this;
  Reply soft{code - 100, enhanced, text};
  if (soft.enhanced.starts_with('5')) soft.enhanced.front() = '4';
  return soft;
}

// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
// RFC 5321 §4.2; every line carries the enhanced code, RFC 2034 §4.
std::string Reply::wire() const {
  const std::string number = std::to_string(code);
  std::string out;
  std::string_view rest = text;
  for (bool last = false; !last;) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    last = end == std::string_view::npos;
    out.reserve(out.size() + number.size() + enhanced.size() + line.size() + 4);
    out += number;
    out += last ? ' ' : '-';
    if (!enhanced.empty()) {
      out += enhanced;
      if (!line.empty()) out += ' ';
    }
    append_clean_line(out, line, kMaxTextLine);
    out += "\r\n";
    if (!last) rest.remove_prefix(end + 1);
  }
  return out;
}

std::string with_address(int code, std::string_view address, std::string_view text) {
  if (!takes_address(code)) return std::string(text);
  return std::string(address) + "... " + std::string(text);
}

}  // namespace signet::mail
