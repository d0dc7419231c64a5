// Whole arguments of MAIL and RCPT: path and ESMTP parameters (RFC 5321 §4.1.1.2-3, RFC 1870,
// RFC 6152, RFC 4954 §5, RFC 3461 §4, RFC 2852 §4). Pure text; whether the address is welcome is
// decided elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signet/smtp/server_session.h"
#include "smtp/path.h"

namespace signet::smtp {

// What is not offered is refused in its parameters, and a SIZE= above `max_message_bytes`.
[[nodiscard]] Parsed<SenderPath> parse_mail(std::string_view argument,
                                            const ServerOptions& options);
[[nodiscard]] Parsed<RecipientPath> parse_rcpt(std::string_view argument,
                                               const ServerOptions& options);
// The parameters of an argument that one of these has taken, as sent; `keyword`: FROM or TO.
[[nodiscard]] std::vector<std::string> path_arguments(std::string_view argument,
                                                      std::string_view keyword);

}  // namespace signet::smtp
