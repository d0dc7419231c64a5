// One letter in a process of its own: it becomes the user, delivers and answers. Blocking.
#pragma once

#include "daemon/agent_options.h"
#include "signet/base/fd.h"

namespace signet::daemon {

[[noreturn]] void serve_letter(Fd socket, const AgentOptions& options);

}  // namespace signet::daemon
