// The agent: takes letters from the engine and writes each into its mailbox in a child that has
// become the recipient. Keeps privileges, parses nothing from the network.
#pragma once

#include <string>

#include "daemon/local_users.h"
#include "signet/base/fd.h"
#include "signet/conf/config.h"

namespace signet::daemon {

struct AgentOptions {
  std::string mailbox_directory;
  conf::MailboxFormat format = conf::MailboxFormat::mbox;
  conf::MailboxUsers users;
};

// The socket in the queue directory; made by the parent, so that an agent can be replaced. Only the
// engine's user can reach it.
[[nodiscard]] Result<Fd> listen_for_letters(const std::string& path);

// Runs until SIGTERM. The caller is a process of its own with one thread.
[[noreturn]] void run_agent(int listening, const AgentOptions& options);

}  // namespace signet::daemon
