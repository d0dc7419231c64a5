// The engine's end of the way to local mailboxes, programs and files: letters travel on workers of
// their own, so that a slow disk or a locked mailbox holds up neither a loop nor AUTH; those for
// programs on others, for a program may take minutes, and of those each user has a share only.
// Letters to one user, program or file go one after the other, so that who locks a mailbox of his
// own holds up no other's.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "signet/deliver/local_agent.h"
#include "signet/loop/loop.h"

namespace signet::agent {

// Who puts mail into the mailboxes that the agent is given letters for.
enum class MailboxWriter {
  agent,
  program,  // which the agent runs: FEATURE(local_procmail)
};

struct LetterWorkers {
  loop::Workers& files;
  loop::Workers& programs;
};

class Client final : public deliver::LocalAgent {
 public:
  // `socket_path`: where the agent listens. All calls and answers on `loop`.
  Client(loop::Loop& loop, LetterWorkers workers, std::string socket_path, MailboxWriter writer);
  void deliver(deliver::LocalLetter letter,
               std::move_only_function<void(deliver::LocalResult)> answer) override;
  // Before the workers end: what waits is not sent, nor answered.
  void stop() { waiting_.clear(); }

 private:
  struct Job {
    deliver::LocalLetter letter;
    std::move_only_function<void(deliver::LocalResult)> answer;
  };
  [[nodiscard]] bool is_for_program(const deliver::LocalLetter& letter) const;
  void send(const std::string& place, Job job);
  void on_sent(const std::string& place);

  loop::Loop& loop_;
  const LetterWorkers workers_;
  const std::string socket_path_;
  const MailboxWriter writer_;
  std::unordered_map<std::string, std::deque<Job>> waiting_;  // behind the letter under way
};

}  // namespace signet::agent
