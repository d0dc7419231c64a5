// Where the program's own files are: in the tree it was built in, or installed.
#pragma once

#include <string>

namespace signet::command {

// The m4 library: SIGNET_CF_DIR of the environment, else `cf` or `share/signet/cf` in the program's
// folder or one above it, else /usr/share/signet/cf.
[[nodiscard]] std::string default_cf_dir();

// signet-drop, which keeps what others than the client queue's group hand in; empty: it is not
// there. Beside this program, or in lib/signet beside its folder.
[[nodiscard]] std::string drop_program();

}  // namespace signet::command
