// GNU m4 as a child process, without a shell; what it writes and how long it takes is bounded.
#pragma once

#include <string>
#include <vector>

#include "signet/base/result.h"

namespace signet::conf {

struct M4Output {
  int status = 0;      // exit status
  std::string text;    // standard output
  std::string errors;  // standard error
};
// An error: m4 cannot be started, writes too much or takes too long.
[[nodiscard]] Result<M4Output> run_m4(const std::vector<std::string>& arguments);

}  // namespace signet::conf
