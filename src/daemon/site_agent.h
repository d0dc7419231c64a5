// What the agent is told of the configuration when the daemon starts.
#pragma once

#include <optional>

#include "signet/agent/options.h"
#include "signet/conf/config.h"

namespace signet::daemon {

// P= and the like of a mailer that is a program.
[[nodiscard]] agent::MailerProgram site_program(const conf::Mailer& mailer);
// U=, which there is. An error: it names nobody, or root.
[[nodiscard]] Result<agent::Identity> named_user(const conf::Mailer& mailer);
// DefaultUser and U= of mailers, whoever we are. An error: one names nobody, or root.
[[nodiscard]] Result<void> look_up_users_of_programs(const conf::Config& config);
// FEATURE(local_procmail): the program that gets mail for users of the system, if it is there.
[[nodiscard]] std::optional<agent::MailerProgram> local_program(const conf::Config& config);
// An error: DefaultUser names nobody, or root.
[[nodiscard]] Result<agent::Options> agent_options(const conf::Config& config);

}  // namespace signet::daemon
