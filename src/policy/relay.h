// May mail for others pass through us? The questions of check_rcpt about the client's rights, each
// answered yes, no (with words), or not mine to say. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "signet/policy/server.h"

namespace signet::policy {

// Rights the session proved: certificate, then trusted AUTH mechanism.
[[nodiscard]] std::optional<Verdict> relay_by_proof(const Access& access, const SiteOptions& site,
                                                    const ClientView& client);
// Rights by where the client is and who sends. The last word: relay or reject.
[[nodiscard]] Verdict relay_by_client(const Access& access, const SiteOptions& site,
                                      const ClientView& client, std::string_view as_given);
// Does the recipient's domain let everybody in? Class R, To: RELAY.
[[nodiscard]] std::optional<Verdict> relay_by_recipient(const Access& access,
                                                        const SiteOptions& site,
                                                        std::string_view recipient,
                                                        std::string_view domain);

// FEATURE(relay_based_on_MX): does its domain name us as one that takes its mail? Empty: no, or not
// asked for.
[[nodiscard]] std::optional<Verdict> relay_by_mail_hosts(const SiteOptions& site,
                                                         const ClientView& client,
                                                         std::string_view domain,
                                                         std::string_view as_given);

}  // namespace signet::policy
