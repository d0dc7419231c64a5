// Who reports what of an alias: NOTIFY and ORCPT of who was named pass to its members (RFC 3461
// §5.2.7).
#pragma once

#include <optional>
#include <vector>

#include "signet/mail/envelope.h"

namespace signet::policy {

// `named`: the recipient as the client said it. One member takes its place; of several each reports
// failures and delays, as far as they were asked for; a list with an owner reports to him. Gives
// what stands for the alias itself, if its sender is to hear that it was expanded.
[[nodiscard]] std::optional<mail::Recipient> hand_down(const mail::Recipient& named,
                                                       std::vector<mail::Recipient>& members);

}  // namespace signet::policy
