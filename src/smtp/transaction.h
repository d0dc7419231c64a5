// One job under way on a client connection: which commands were said and answered, what became of
// each recipient, and the part of the dialog a sender may want to see. Knows nothing of bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "signet/smtp/client_session.h"
#include "smtp/dot_stuffer.h"

namespace signet::smtp {

class Transaction final {
 public:
  explicit Transaction(Job job);

  // The envelope as commands, in order: MAIL, each RCPT, DATA. Recipients that were settled before
  // anything was said have none.
  struct Command {
    Phase phase = Phase::mail;  // mail, rcpt or data
    std::size_t recipient = 0;  // index in the job, for rcpt
    std::string line;
  };
  std::vector<Command> commands;
  std::size_t answered = 0;  // of commands

  void settle(std::size_t recipient, Phase phase, const mail::Reply& reply, bool is_answer);
  void settle_rest(Phase phase, const mail::Reply& reply, bool is_answer);
  void accept(std::size_t recipient) { accepted_[recipient] = true; }
  // A recipient was accepted and nothing settled it since.
  [[nodiscard]] bool any_accepted() const;
  [[nodiscard]] std::size_t next_accepted() const;  // the first of them; there is one
  [[nodiscard]] bool all_settled() const;
  [[nodiscard]] bool is_settled(std::size_t recipient) const { return settled_[recipient]; }
  // Refusals only: bounded.
  void note_refusal(std::string_view command, const mail::Reply& reply);
  [[nodiscard]] JobResult take_result();

  Job job;
  DotStuffer stuffer{};
  bool sender_accepted = false;

 private:
  JobResult result_;
  std::vector<bool> accepted_;
  std::vector<bool> settled_;
  std::size_t transcript_bytes_ = 0;
};

}  // namespace signet::smtp
