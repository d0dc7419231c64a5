// The engine's end of the way to local mailboxes: letters travel on workers of their own, so that a
// slow disk or a locked mailbox holds up neither a loop nor AUTH.
#pragma once

#include <memory>
#include <string>

#include "signet/deliver/local_agent.h"
#include "signet/loop/loop.h"

namespace signet::daemon {

class AgentClient final : public deliver::LocalAgent {
 public:
  // `socket_path`: where the agent listens. `workers` outlives this object; answers come on `loop`.
  AgentClient(loop::Loop& loop, loop::Workers& workers, std::string socket_path);
  void deliver(deliver::LocalLetter letter,
               std::move_only_function<void(deliver::LocalResult)> answer) override;

 private:
  loop::Loop& loop_;
  loop::Workers& workers_;
  const std::string socket_path_;
};

}  // namespace signet::daemon
