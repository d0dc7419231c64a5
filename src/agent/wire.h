// What engine and agent say to each other, one letter a connection, in frames (frames.h). Engine: a
// head (fields, each closed by NUL), then, unless it asks for a list, the content in pieces and an
// empty piece. Agent: an answer (fields as well), and behind that of a list or .forward file its
// text in pieces and an empty piece. All bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/base/result.h"
#include "signet/deliver/local_agent.h"

namespace signet::agent {

inline constexpr std::size_t kMaxHead = 64 * 1024;
inline constexpr std::size_t kPieceBytes = 64 * 1024;
inline constexpr std::size_t kMaxAnswer = 16 * 1024;
inline constexpr std::size_t kMaxMembersText = 4 * 1024 * 1024;
inline constexpr std::chrono::seconds kAgentPatience{120};
inline constexpr std::chrono::seconds kProgramPatience{600};  // until a program is killed

struct LetterHead {
  mail::Recipient::Kind kind = mail::Recipient::Kind::address;
  std::string user;
  std::string target;
  std::string alias;
  std::string list_alias;
  std::vector<std::string> files;
  std::string sender;
  bool may_forward = false;
  WallTime when{};
  std::string mailer = {};  // a program of the agent's own configuration; empty: none
  std::string host = {};
  bool operator==(const LetterHead&) const = default;
};

[[nodiscard]] Result<void> send_head(int socket, const LetterHead& head);
[[nodiscard]] Result<LetterHead> receive_head(int socket);
[[nodiscard]] Result<void> send_piece(int socket, std::string_view piece);  // "" ends the letter
[[nodiscard]] Result<std::string> receive_piece(int socket);                // "" was the end
[[nodiscard]] Result<void> send_answer(int socket, const deliver::LocalResult& result);
[[nodiscard]] Result<deliver::LocalResult> receive_answer(int socket);

}  // namespace signet::agent
