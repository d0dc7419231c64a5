// That a daemon is here: the lock on its queue, and the pid file for those who want to signal it.
#pragma once

#include <string>

#include "signet/base/fd.h"
#include "signet/base/result.h"

namespace signet::daemon {

// Held by the open file: no file to clean up, gone with its process.
[[nodiscard]] Result<Fd> lock_queue(const std::string& directory);

// Writes it anew and locks it while the result is open: who looks for a daemon asks for the lock,
// since the number may have outlived the daemon. No link is followed; a device (/dev/null) is left
// as it is.
[[nodiscard]] Result<Fd> hold_pid_file(const std::string& path, const std::string& command_line);
void remove_pid_file(const std::string& path);

}  // namespace signet::daemon
