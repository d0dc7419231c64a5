// Who the engine is: RunAsUser, or the user `signet`, when started by root; otherwise whoever
// started us. Dropping is for good.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "signet/base/result.h"
#include "signet/conf/config.h"

namespace signet::daemon {

struct Identity {
  bool drop = false;  // false: nothing to change
  uid_t uid = 0;
  gid_t gid = 0;
  std::string user{};    // whose further groups are kept (sasl, ssl-cert); empty: none
  std::string remark{};  // for the log; empty: none
};

// An error: RunAsUser names somebody who does not exist.
[[nodiscard]] Result<Identity> engine_identity(const conf::Config& config);
// "user", "user:group" or numbers. Empty: there is no such user or group. Before any thread exists.
[[nodiscard]] std::optional<Identity> find_identity(const std::string& text);
// Makes the queue directory if it is missing (mode 0700) and gives it to the engine.
[[nodiscard]] Result<void> prepare_queue_directory(const std::string& path,
                                                   const Identity& identity);
// Becomes `identity` for good, and forbids itself ever to gain privileges again.
[[nodiscard]] Result<void> drop_privileges(const Identity& identity);
// A background process holds on to no terminal or pipe of whoever started it.
enum class Detach { input_output, errors_too };
void detach_streams(Detach what);
// As many descriptors as the system lets us have.
void raise_descriptor_limit();
[[nodiscard]] std::size_t descriptor_limit();

}  // namespace signet::daemon
