// A message for a client queue that its sender may not write into. The sendmail command starts the
// small program signet-drop, which has the queue's group, and gives it the message through a pipe:
// the text of Waiting (to_text), then as many bytes of content as that says, then the end. Both
// ends are here (decision 0032). They block.
#pragma once

#include <string>

#include "signet/clientqueue/client_queue.h"

namespace signet::clientqueue {

// The caller's end: starts `program` and waits for it. The message is on disk when this succeeds;
// else the program has said why on standard error. SIGPIPE has to be ignored.
[[nodiscard]] Result<void> deposit(const std::string& program, const std::string& folder,
                                   const Waiting& message, const Fd& content);

// What the program knows by itself, whatever its caller says.
struct Depositor {
  std::string user;
  WallTime now{};
};

// The program's end. Nothing is left in the queue when it fails.
[[nodiscard]] Result<void> take_deposit(int input, const ClientQueue& queue, const std::string& id,
                                        const Depositor& depositor);

}  // namespace signet::clientqueue
