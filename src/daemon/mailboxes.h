// Who has the mailboxes of this host (confLOCAL_MAILER): we, a program, or a server by LMTP. Start
// and reload.
#pragma once

#include <memory>

#include "signet/agent/local_users.h"
#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/policy/route.h"

namespace signet::daemon {

// A mailer whose server has the mailboxes: P=[IPC] and flag z.
[[nodiscard]] bool speaks_lmtp(const conf::Mailer& mailer);
// False: only whoever has the mailboxes knows their users.
[[nodiscard]] bool has_users_of_this_host(const conf::Config& config);
// Null: we have them. Fails: A= of the mailer names no server.
[[nodiscard]] Result<std::shared_ptr<const policy::Mailboxes>> mailboxes_of(
    const conf::Config& config, const std::shared_ptr<const agent::LocalUsers>& users);

}  // namespace signet::daemon
