// A letter in the hands of the child of the agent that delivers it. Blocking.
#pragma once

#include <string>

#include "agent/wire.h"
#include "signet/agent/options.h"
#include "signet/mailbox/mailbox.h"

namespace signet::agent {

constexpr unsigned kLongestLetter = 2 * kAgentPatience.count();  // seconds

[[nodiscard]] deliver::LocalResult sent();
[[nodiscard]] deliver::LocalResult refused(std::string status, std::string reason, bool temporary);

struct HeldLetter {
  [[nodiscard]] mailbox::Letter content();  // reads from the socket; past the end there is nothing
  [[nodiscard]] std::string from_line() const;  // UnixFromLine

  const int socket;
  const Options& options;
  const LetterHead head;
  bool ended_well = false;  // its last piece was read
};

}  // namespace signet::agent
