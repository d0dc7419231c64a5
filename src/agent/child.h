// One letter in a process of its own: it becomes the user, delivers and answers. Blocking.
#pragma once

#include "signet/agent/options.h"
#include "signet/base/fd.h"

namespace signet::agent {

[[noreturn]] void serve_letter(Fd socket, const Options& options);

}  // namespace signet::agent
