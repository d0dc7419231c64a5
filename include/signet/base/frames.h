// Counted frames over a stream socket between our own processes: u32 length (big-endian), bytes.
// Blocking; a limit on time is the socket's (limit_patience).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "signet/base/fd.h"
#include "signet/base/result.h"

namespace signet {

[[nodiscard]] Result<void> send_frame(int socket, std::string_view bytes);
// An error when the other side is gone or the frame is longer than `most`.
[[nodiscard]] Result<std::string> receive_frame(int socket, std::size_t most);
// A descriptor, as one octet of the stream.
[[nodiscard]] Result<void> send_file(int socket, const Fd& file);
[[nodiscard]] Result<Fd> receive_file(int socket);
void limit_patience(int socket, std::chrono::seconds patience);

}  // namespace signet
