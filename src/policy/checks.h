// The checks of connection, sender and HELO name themselves, whenever they run: at their own
// command, or at RCPT under delay_checks. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "signet/policy/server.h"

namespace signet::policy {

[[nodiscard]] Verdict judge_connect(const Access& access, const SiteOptions& site,
                                    const ClientView& client);
// Block lists, as far as they were asked. Empty: nothing against it.
[[nodiscard]] std::optional<Verdict> judge_lists(const Access& access, const SiteOptions& site,
                                                 const ClientView& client);
// `rhs:` entries OK or RELAY: rhsbl does not count.
[[nodiscard]] Result<bool> is_exempt_sender(const Access& access, std::string_view sender);
// Without the TLS_Clt rule.
[[nodiscard]] Verdict judge_sender(const Access& access, const SiteOptions& site,
                                   const ClientView& client, std::string_view as_given);
// FEATURE(block_bad_helo). Empty: nothing against it.
[[nodiscard]] std::optional<Verdict> judge_helo(const SiteOptions& site, const ClientView& client,
                                                std::string_view as_given);

}  // namespace signet::policy
