// Finds out whether mail to a sender's domain could be delivered at all: it has an MX or an
// address. Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/policy/server.h"

namespace signet::receive {

class SenderDomain final {
 public:
  using Done = std::move_only_function<void(policy::DomainState)>;

  // `done` is called once, after the constructor returned; within `patience` at the latest.
  SenderDomain(loop::Loop& loop, dns::Resolver& resolver, std::string domain, Duration patience,
               Done done);

 private:
  void on_mx(dns::Found found);
  void finish(policy::DomainState state);

  dns::Resolver& resolver_;
  const std::string domain_;
  Done done_;
  bool doubtful_ = false;  // the question for MX had no answer
  loop::Timer patience_;
  std::unique_ptr<dns::Query> query_;
};

}  // namespace signet::receive
