// How long a client waits for its greeting and how often it may come: FEATURE(greet_pause),
// FEATURE(ratecontrol) and FEATURE(conncontrol), by GreetPause:, ClientRate: and ClientConn: of the
// access map. Pure.
#pragma once

#include <chrono>

#include "signet/mail/facts.h"
#include "signet/policy/access.h"
#include "signet/policy/verdict.h"

namespace signet::policy {

// Connections of one address.
struct ClientLoad {
  unsigned open = 0;    // now, with this one
  unsigned recent = 0;  // begun within the window, with this one
};

// Name, then address; else what the feature says. A map that fails makes nobody wait.
[[nodiscard]] std::chrono::milliseconds greet_pause(const Access& access,
                                                    const mail::PeerFacts& client,
                                                    std::chrono::milliseconds otherwise);
// Address, then the tag alone; 0 is no limit. `terminate`: 421, which ends the session, not 452.
[[nodiscard]] Verdict check_rate(const Access& access, const mail::PeerFacts& client,
                                 const ClientLoad& load, bool terminate);
[[nodiscard]] Verdict check_connections(const Access& access, const mail::PeerFacts& client,
                                        const ClientLoad& load, bool terminate);

}  // namespace signet::policy
