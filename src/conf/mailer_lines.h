// M lines: "Msmtp, P=[IPC], F=..., A=TCP $h". Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "signet/conf/config.h"

namespace signet::conf {

// Text behind the M. An error says what is wrong.
[[nodiscard]] std::expected<Mailer, std::string> parse_mailer_line(std::string_view text);

}  // namespace signet::conf
