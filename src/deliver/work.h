// A message being delivered: what is to be done and what has come of it so far. Shared by the
// groups of one attempt, all on one loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deliver/outcome.h"
#include "signet/base/clock.h"
#include "signet/mail/weight.h"
#include "signet/queue/spool.h"

namespace signet::deliver {

// The message as one way of delivery shows it.
struct Copy {
  std::string sender;
  std::shared_ptr<const queue::Content> content;
};

struct Work {
  std::shared_ptr<queue::Message> message;
  std::size_t groups_open = 0;                   // not yet reported
  bool attempted = false;                        // somebody was asked, or nobody had to be
  std::vector<std::optional<Outcome>> outcomes;  // per recipient of the envelope, this attempt
  std::vector<std::string> transcript;           // ">>> ...", "<<< ..." of all groups, bounded
  TimePoint started{};
  mail::Weight weight{};
  bool fresh = false;                     // just accepted: it stands behind what has waited longer
  std::shared_ptr<const Copy> copies[3];  // by policy::Way; made when one is wanted
  std::string parked_at;                  // key of a next hop that had no place for it
};

// The recipients of one message that go the same way.
struct Task {
  std::shared_ptr<Work> work;
  std::vector<std::size_t> recipients;        // indices into the envelope
  std::vector<std::string> addresses;         // for RCPT, in the same order
  std::string mailer;                         // "esmtp", "relay", "local"
  std::shared_ptr<const Copy> copy{};         // what is handed out; null: this task is not
  bool returned = false;                      // by a connection that had died while it was idle
  std::optional<std::string> program_host{};  // the mailer is a program: its $h
};

// What became of a task: one outcome a recipient.
struct TaskResult {
  std::vector<Outcome> outcomes;
  std::string relay;  // for relay=: "mx1.example. [192.0.2.1]", or the host that was never reached
  std::vector<std::string> transcript;
  std::string rights{};   // "1000/1000": whose were used, for programs and files
  bool attempted = true;  // false: handed back, it is tried again soon and counts as nothing
};

}  // namespace signet::deliver
