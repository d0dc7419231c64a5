// An SMTP reply as a value (RFC 5321 §4.2, enhanced codes RFC 3463/5248).
#pragma once

#include <string>
#include <string_view>

namespace signet::mail {

struct Reply {
  int code = 250;        // 200..599
  std::string enhanced;  // "2.1.0", or empty for replies that carry none (greeting, 354, 334)
  std::string text;      // may hold '\n' between the lines of a multi-line reply

  [[nodiscard]] bool positive() const { return code < 400; }
  [[nodiscard]] bool temporary() const { return code / 100 == 4; }
  [[nodiscard]] bool permanent() const { return code / 100 == 5; }
  // "550 5.7.1 <x@y>... Relaying denied", one line, as the maillog shows it (reject=, stat=,
  // reply=).
  [[nodiscard]] std::string line() const;
  // Refused for good becomes refused for now: 550 5.7.1 to 450 4.7.1.
  [[nodiscard]] Reply softened() const;
  // As sent: "250-2.x.y first\r\n250 2.x.y last\r\n".
  [[nodiscard]] std::string wire() const;

  bool operator==(const Reply&) const = default;
};

// sendmail puts "<addr>... " before the text only for these codes:
// 050 250 252 450 550 553. Gives text, or "<addr>... text" with the address as it was sent: the
// brackets are the caller's.
[[nodiscard]] std::string with_address(int code, std::string_view address, std::string_view text);

}  // namespace signet::mail
