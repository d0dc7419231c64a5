// Who the engine is: RunAsUser, or the user `signet`, when started by root; otherwise whoever
// started us. And what a process of the daemon asks of the system for itself.
#pragma once

#include <string>

#include "signet/agent/identity.h"
#include "signet/base/result.h"
#include "signet/conf/config.h"

namespace signet::daemon {

// An error: RunAsUser names somebody who does not exist.
[[nodiscard]] Result<agent::Identity> engine_identity(const conf::Config& config);
// Makes the queue directory if it is missing (mode 0700) and gives it to the engine.
[[nodiscard]] Result<void> prepare_queue_directory(const std::string& path,
                                                   const agent::Identity& identity);
// A background process holds on to no terminal or pipe of whoever started it.
enum class Detach { input_output, errors_too };
void detach_streams(Detach what);
// As many descriptors as the system lets us have.
void raise_descriptor_limit();
[[nodiscard]] std::size_t descriptor_limit();

}  // namespace signet::daemon
