// The way to local mailboxes: whoever implements it passes the letter to the agent process, which
// becomes the recipient (DESIGN §2). Answers come on the caller's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "signet/mail/reply.h"
#include "signet/queue/spool.h"

namespace signet::deliver {

struct LocalLetter {
  std::string user;
  std::string sender;
  std::shared_ptr<const queue::Content> content;
};

struct LocalResult {
  bool delivered = false;
  bool temporary = false;
  std::string status;  // "2.0.0", "4.2.0", "5.1.1"
  std::string reason;  // "User unknown", "mailbox is locked"
};

class LocalAgent {
 public:
  virtual ~LocalAgent() = default;
  virtual void deliver(LocalLetter letter, std::move_only_function<void(LocalResult)> answer) = 0;
};

}  // namespace signet::deliver
