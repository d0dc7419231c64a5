// The EHLO answer of the server: which keywords, in which order (RFC 5321 §4.1.1.1). This is the
// one list; a keyword that is added here needs its command or parameter elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/reply.h"

namespace signet::smtp {

struct Offer {
  std::uint64_t max_message_bytes = 0;
  bool pipelining = true;
  bool expand = false;
  bool dsn = true;
  bool starttls = false;
  std::vector<std::string> mechanisms;                     // empty: no AUTH
  std::optional<std::chrono::seconds> least_deliver_by{};  // empty: no DELIVERBY
};

// `hello`: first line, from replies::hello.
[[nodiscard]] mail::Reply ehlo_reply(mail::Reply hello, const Offer& offer);
// Where all mail is refused nothing but the form of replies is offered.
[[nodiscard]] mail::Reply ehlo_reply_refusing(mail::Reply hello);
// The argument of HELO and EHLO: host name or literal, as generous as sendmail.
[[nodiscard]] bool is_helo_name(std::string_view name);
// Not too long for a host name, whatever is in it.
[[nodiscard]] bool is_of_helo_size(std::string_view name);

}  // namespace signet::smtp
