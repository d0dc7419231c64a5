// Finds out who the client is by DNS, as sendmail does for ${client_name} and ${client_resolve}:
// the PTR names of its address, then the addresses of the first name. Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "signet/base/ip.h"
#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/mail/facts.h"

namespace signet::receive {

class ClientName final {
 public:
  struct Found {
    std::string name;  // verified name, or "[ip]"
    std::string ptr;
    mail::Resolve resolve = mail::Resolve::temp;
  };
  using Done = std::move_only_function<void(Found)>;

  // `done` is called once, after the constructor returned; within `patience` at the latest.
  ClientName(loop::Loop& loop, dns::Resolver& resolver, const IpAddress& ip, Duration patience,
             Done done);

 private:
  void on_names(dns::Answer<std::string> answer);
  void on_addresses(const dns::Answer<IpAddress>& answer);
  void finish(mail::Resolve resolve, std::string name);

  dns::Resolver& resolver_;
  IpAddress ip_;
  std::string ptr_;
  Done done_;
  loop::Timer patience_;
  std::unique_ptr<dns::Query> query_;
};

}  // namespace signet::receive
