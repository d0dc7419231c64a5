// Finds out in DNS which hosts take mail for a domain, and their addresses where those are wanted.
// Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/policy/server.h"

namespace signet::receive {

class MailHostSearch final {
 public:
  using Done = std::move_only_function<void(policy::MailHosts)>;
  enum class Depth { hosts, addresses };

  // `done` is called once, after the constructor returned; within `patience` at the latest.
  MailHostSearch(loop::Loop& loop, dns::Resolver& resolver, std::string domain, Depth depth,
                 Duration patience, Done done);

 private:
  void on_mx(const dns::Answer<dns::MxRecord>& answer);
  void on_address(const dns::Answer<IpAddress>& answer);
  void finish(policy::MailHosts::State state);

  dns::Resolver& resolver_;
  const std::string domain_;
  const Depth depth_;
  policy::MailHosts found_;
  std::size_t open_ = 0;  // hosts whose addresses are not known yet
  Done done_;
  loop::Timer patience_;
  std::vector<std::unique_ptr<dns::Query>> queries_;
};

}  // namespace signet::receive
