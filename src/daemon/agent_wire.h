// What engine and agent say to each other, one letter a connection, in frames (frames.h). Engine: a
// head (user, sender and time, each closed by NUL), then the content in pieces, then an empty
// piece. Agent: one frame, "D|T|P STATUS REASON". All bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "signet/base/clock.h"
#include "signet/base/result.h"
#include "signet/deliver/local_agent.h"

namespace signet::daemon {

inline constexpr std::size_t kMaxHead = 4096;
inline constexpr std::size_t kPieceBytes = 64 * 1024;
inline constexpr std::size_t kMaxAnswer = 512;
inline constexpr std::chrono::seconds kAgentPatience{120};

struct LetterHead {
  std::string user;
  std::string sender;
  WallTime when{};
  bool operator==(const LetterHead&) const = default;
};

[[nodiscard]] Result<void> send_head(int socket, const LetterHead& head);
[[nodiscard]] Result<LetterHead> receive_head(int socket);
[[nodiscard]] Result<void> send_piece(int socket, std::string_view piece);  // "" ends the letter
[[nodiscard]] Result<std::string> receive_piece(int socket);                // "" was the end
[[nodiscard]] Result<void> send_answer(int socket, const deliver::LocalResult& result);
[[nodiscard]] Result<deliver::LocalResult> receive_answer(int socket);

}  // namespace signet::daemon
