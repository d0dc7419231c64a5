// That a daemon is here: the lock on its queue, and the pid file for those who want to signal it.
#pragma once

#include <string>

#include "signet/base/fd.h"
#include "signet/base/result.h"

namespace signet::daemon {

// Held by the open file: no file to clean up, gone with its process.
[[nodiscard]] Result<Fd> lock_queue(const std::string& directory);

// For the holder of the lock. No link is followed, and only a regular file is ever removed: the
// path may be /dev/null.
[[nodiscard]] Result<void> write_pid_file(const std::string& path, const std::string& command_line);
void remove_pid_file(const std::string& path);

}  // namespace signet::daemon
