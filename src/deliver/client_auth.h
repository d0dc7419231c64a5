// AUTH toward a next hop: which credentials and mechanism, then one step after the other on a
// worker (STYLE §4: SASL never runs on a loop thread). Owned by Delivery.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "signet/deliver/courier.h"
#include "signet/mail/facts.h"
#include "signet/policy/route.h"
#include "signet/sasl/client.h"

namespace signet::deliver {

class ClientAuth final {
 public:
  // Comes on the loop, after the call returned; not when this object is gone by then.
  using Answer = std::move_only_function<void(sasl::ClientStep)>;

  ClientAuth(const Surroundings& around, sasl::ClientOptions options);
  void start(std::vector<std::string> mechanisms, Answer answer);
  void step(std::string challenge, Answer answer);

 private:
  struct Shared;
  void run(std::move_only_function<sasl::ClientStep(Shared&)> work, Answer answer);

  const Surroundings& around_;
  std::shared_ptr<Shared> shared_;  // used by one worker at a time
  std::shared_ptr<bool> alive_;
};

// Of what the server offers, what we may use: what authinfo names, else ours, as in sendmail, and
// nothing that shows the password to the wire without TLS.
[[nodiscard]] std::vector<std::string> usable_mechanisms(const std::vector<std::string>& offered,
                                                         const std::vector<std::string>& ours,
                                                         const policy::AuthInfo& info,
                                                         const mail::TlsFacts& tls);

}  // namespace signet::deliver
