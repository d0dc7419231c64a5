// What a decision looks like: what to do, what the peer hears, and which rule said so. Every policy
// function is pure (facts and tables in, verdict out) and may be called on a loop thread: look-ups
// are memory-mapped files.
#pragma once

#include <string>

#include "signet/mail/reply.h"

namespace signet::policy {

enum class Action {
  accept,
  relay,  // check_recipient only: accepted for a domain that is not ours
  reject,
  discard,     // accept in words, throw away
  quarantine,  // accept, hold
};

struct Verdict {
  Action action = Action::accept;
  mail::Reply reply;  // set for reject; for accept the caller has its usual text
  std::string rule;   // what decided: "access:Connect:192.0.2", "option require_auth", "default"
  std::string value;  // the right-hand side of that rule, quarantine reason

  [[nodiscard]] bool rejected() const { return action == Action::reject; }
};

}  // namespace signet::policy
