// makemap(8): builds a map from its text, with sendmail's options, messages and exit codes.
#pragma once

#include <span>
#include <string_view>

#include "command/map_faces.h"

namespace signet::command {

// args[0] is the program's name. A sysexits code: EX_OK, EX_USAGE, EX_DATAERR (lines were left
// out), EX_NOINPUT (-C), EX_CANTCREAT, EX_IOERR.
[[nodiscard]] int makemap(std::span<const std::string_view> args, const Streams& streams);

// The same on the standard streams.
[[nodiscard]] int makemap_face(std::span<const std::string_view> args);

}  // namespace signet::command
