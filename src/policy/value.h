// Right-hand sides of the access map as decisions, and the few verdicts every
// check ends with. Pure.
#pragma once

#include <string>
#include <string_view>

#include "signet/mail/reply.h"
#include "signet/policy/access.h"
#include "signet/policy/verdict.h"

namespace signet::policy {

struct Value {
  enum class Kind { ok, relay, reject, discard, quarantine, error };
  Kind kind = Kind::ok;
  mail::Reply reply;  // kind error
  std::string text;   // kind quarantine: the reason
};
// Never fails: what is no keyword is an error with that text, as with sendmail.
[[nodiscard]] Value parse_value(std::string_view value);

// "550 5.7.1 text", "550 text", "text"; the last one takes code and enhanced code from `otherwise`.
// Only codes 400 to 599 are codes.
[[nodiscard]] mail::Reply parse_refusal(std::string_view text, const mail::Reply& otherwise);
// The same for a text that stands beside an enhanced code, whose class follows the code in the
// text. Without a code in it that one does not count: 553 5.3.0, as with sendmail.
[[nodiscard]] mail::Reply with_enhanced_code(std::string_view text, std::string_view enhanced);
// Behind "error:" in mailertable and virtusertable: "D.S.N:text", "D.S.N text", "nouser text",
// "text".
[[nodiscard]] mail::Reply parse_error_mailer(std::string_view text);
// "5.7.1" at the start of `text` followed by the end or a character of `behind`; else empty.
[[nodiscard]] std::string_view leading_enhanced_code(std::string_view text,
                                                     std::string_view behind);

[[nodiscard]] Verdict accepted(std::string rule);
[[nodiscard]] Verdict rejected(mail::Reply reply, std::string rule);
// The same with "<address>... " where the code takes one.
[[nodiscard]] Verdict rejected(mail::Reply reply, std::string_view as_given, std::string rule);
// The access map could not be asked: 451 4.3.0, so that nothing is lost or let through.
[[nodiscard]] Verdict map_failed(const Error& error);
// "access:TLS_Clt:10.1": the key as found, its tag as the manual writes it.
[[nodiscard]] std::string rule_of(std::string_view tag, const Hit& hit);
// What a found entry means; `on_reject` is the answer to REJECT. `as_given` may be empty.
[[nodiscard]] Verdict verdict_of(std::string_view tag, const Hit& hit, const mail::Reply& on_reject,
                                 std::string_view as_given);
// The same for a rule that stands elsewhere.
[[nodiscard]] Verdict verdict_of_value(std::string rule, std::string_view text,
                                       const mail::Reply& on_reject, std::string_view as_given);
// Is it this word alone?
[[nodiscard]] bool says(const Hit& hit, std::string_view word);

}  // namespace signet::policy
