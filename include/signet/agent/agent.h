// The agent: takes letters from the engine and hands each to its mailbox, program or file in a
// child that has become the user. Keeps privileges, parses nothing from the network.
#pragma once

#include <string>

#include "signet/agent/options.h"
#include "signet/base/fd.h"

namespace signet::agent {

// The socket in the queue directory; made by the parent, so that an agent can be replaced. Only the
// engine's user can reach it.
[[nodiscard]] Result<Fd> listen_for_letters(const std::string& path);

// Runs until SIGTERM. The caller is a process of its own with one thread.
[[noreturn]] void run_agent(int listening, const Options& options);

}  // namespace signet::agent
