// The .forward files of a user, where ForwardPath looks for them. Blocking.
#pragma once

#include <optional>
#include <string>

#include "signet/agent/local_users.h"
#include "signet/agent/options.h"
#include "signet/deliver/local_agent.h"

namespace signet::agent {

// With the rights of the owner. The first that is there counts; one that is not to be believed does
// not, and `remark` says so. Nothing: there is none. An error: it cannot be read now.
[[nodiscard]] Result<std::optional<deliver::MembersFile>> find_forward(const Options& options,
                                                                       const MailboxOwner& owner,
                                                                       const std::string& detail,
                                                                       std::string& remark);

}  // namespace signet::agent
