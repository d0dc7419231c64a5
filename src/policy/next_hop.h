// Triples "mailer:host" and lists of hosts, as mailertable and SMART_HOST write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "signet/policy/route.h"

namespace signet::policy {

// Name of a mailer that speaks SMTP, in lower case as the maillog shows it; empty: none of ours.
[[nodiscard]] std::string_view network_mailer(std::string_view name);
// "a:b:[c]:587:d": one hop after another. Empty: malformed, or no hop at all.
[[nodiscard]] std::optional<std::vector<NextHop>> parse_hops(std::string_view text,
                                                             std::uint16_t default_port);

}  // namespace signet::policy
