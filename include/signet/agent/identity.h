// Whose rights a process has, and how it takes on others for good.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "signet/base/result.h"

namespace signet::agent {

struct Identity {
  bool drop = false;  // false: nothing to change
  uid_t uid = 0;
  gid_t gid = 0;
  std::string user{};    // whose further groups are kept (sasl, ssl-cert); empty: none
  std::string remark{};  // for the log; empty: none
};

// "user", "user:group" or numbers. Empty: there is no such user or group.
[[nodiscard]] std::optional<Identity> find_identity(const std::string& text);
// Becomes `identity`, and forbids itself ever to gain privileges again.
[[nodiscard]] Result<void> drop_privileges(const Identity& identity);

}  // namespace signet::agent
