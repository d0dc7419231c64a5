// One mail address: splitting, comparing, local-part questions. RFC 5321 §4.1.2 for the syntax; the
// grammar of MAIL and RCPT arguments themselves is smtp's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signet::mail {

struct Address {
  std::string local;   // as given, quotes kept
  std::string domain;  // as given; "[1.2.3.4]" for a literal; empty for a bare user name

  [[nodiscard]] std::string text() const;        // "local@domain" or "local"
  [[nodiscard]] std::string domain_key() const;  // lower case, no trailing dot
  bool operator==(const Address&) const = default;
};

// Splits at the last '@' outside quotes. Empty when there is no local part, a control character or
// an unbalanced quote.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

// What stands between the quotes of a text that begins and ends with one, without its backslashes;
// any other text as it is.
[[nodiscard]] std::string unquoted(std::string_view text);
// Without needless quotes and backslashes: "joe" and "j\oe" in quotes name the mailbox of joe, and
// are looked up as his (RFC 5321 §4.1.2). What needs its quotes keeps all of them.
[[nodiscard]] std::string plain_local_part(std::string_view local);
// "local@domain" or "local", the same of its local part.
[[nodiscard]] std::string plain_address(std::string_view address);

// Views of the local part that was split.
struct UserWithDetail {
  std::string_view user;  // all of it, where there is no detail
  std::optional<std::string_view> detail;
};
// "user+detail" at its first '+', unless nothing is in front of it. One in quotes or behind a
// backslash is a letter like others.
[[nodiscard]] UserWithDetail split_detail(std::string_view local);

}  // namespace signet::mail
