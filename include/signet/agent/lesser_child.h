// What is asked of servers, a process with root's rights does not hear itself: a child that has
// given them up asks, and says what it heard through a pipe.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "signet/agent/identity.h"
#include "signet/base/result.h"

namespace signet::agent {

// Without rights to give up we ask ourselves. Where nothing but the calling thread counts: a fork.
// Errors: those of `question`; too late, too long, or the child died.
[[nodiscard]] Result<std::string> ask_as(const Identity& identity,
                                         const std::function<Result<std::string>()>& question,
                                         std::chrono::seconds patience);

}  // namespace signet::agent
