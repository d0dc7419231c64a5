// What a filter says, out of the octets of a frame. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "signet/mail/reply.h"
#include "signet/milter/change.h"

namespace signet::milter {

// "550 5.7.1 text" or several such lines, with NUL behind. Empty: no reply that may be sent, which
// is also one with a lone '%' (RFC 5321 §4.2; the filter writes "%%").
[[nodiscard]] std::optional<mail::Reply> parse_reply(std::string_view data);

// The change that a letter names. Empty: the letter is none of a change, or the octets are not as
// the protocol has them, or the name of a field is none. `leading_space`: a value comes with the
// blank that stands behind the colon.
[[nodiscard]] std::optional<Change> parse_change(char letter, std::string_view data,
                                                 bool leading_space);

}  // namespace signet::milter
