// editmap(8): asks, changes or takes out one key of a map, with sendmail's words and exit codes.
#pragma once

#include <span>
#include <string_view>

#include "command/map_faces.h"

namespace signet::command {

// args[0] is the program's name. A sysexits code: EX_OK, EX_USAGE, EX_UNAVAILABLE (no such key),
// EX_NOINPUT (-C), EX_CANTCREAT, EX_IOERR.
[[nodiscard]] int editmap(std::span<const std::string_view> args, const Streams& streams);

}  // namespace signet::command
