// Where mail that was taken goes: who gets it, by which entries, on which way, and with what TLS.
// Asks the policy functions that the daemon asks, over the maps that it reads.
#pragma once

#include <string>
#include <string_view>

#include "command/telling.h"
#include "signet/daemon/site.h"
#include "signet/policy/aliases.h"
#include "signet/policy/route.h"

namespace signet::command {

class WayOn final {
 public:
  WayOn(const daemon::Site& site, std::string sender, Telling& telling)
      : site_(site), sender_(std::move(sender)), telling_(telling) {}

  // 0: it goes to somebody.
  [[nodiscard]] int show(const std::string& recipient);

 private:
  // The entries that lead to who gets the mail. False: nobody does.
  [[nodiscard]] bool show_steps(const policy::Recipients& found);
  [[nodiscard]] int show_member(const mail::Recipient& member);
  [[nodiscard]] int show_route_of(const std::string& given);
  // The sender as others see it, where that is somebody else.
  void show_sender(policy::Way way);
  // What TLS a next hop must offer, and what happens else: the same question for three servers.
  void show_hop(const policy::NextHop& hop);

  const daemon::Site& site_;
  const std::string sender_;
  Telling& telling_;
};

}  // namespace signet::command
