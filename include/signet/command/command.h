// The faces of the one program: `signet`, and under other names `sendmail`, `mailq`, `newaliases`,
// `makemap`, `editmap`. Each takes its arguments and gives a sysexits code.
#pragma once

#include <span>
#include <string_view>

namespace signet::command {

// args[0] is the name the program was called by; it chooses the face.
[[nodiscard]] int run(std::span<const std::string_view> args);

}  // namespace signet::command
