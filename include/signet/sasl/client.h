// The client side of one AUTH exchange toward a next hop (RFC 4422, 4954). Pure computation apart
// from plugin loading; worker threads, one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/result.h"
#include "signet/base/secret.h"
#include "signet/sasl/library.h"

namespace signet::sasl {

struct ClientOptions {
  std::string server;  // name of the host we talk to, for DIGEST-MD5's digest-uri
  std::string user;    // U: authorisation id; empty: authid
  std::string authid;  // I: authentication id; empty: user
  Secret password;     // P
  std::string realm;   // R
  Security security;
  bool tls_active = false;
  int tls_bits = 0;
  std::string external_id;  // EXTERNAL is possible
};

struct ClientStep {
  enum class State { respond, failed };
  State state = State::failed;
  std::string mechanism;             // start: which was chosen
  std::optional<std::string> bytes;  // raw; start: the initial response, if the mechanism has one
  std::string reason;                // failed: in words
  int bits = 0;
};

class ClientExchange final {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ClientExchange>> make(Library& library,
                                                                    const ClientOptions& options);
  ~ClientExchange();
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;

  // Best of `mechanisms` (those offered, already narrowed to ours); failed: none does.
  [[nodiscard]] ClientStep start(const std::vector<std::string>& mechanisms);
  [[nodiscard]] ClientStep step(std::string_view challenge);  // decoded

 private:
  struct Core;
  explicit ClientExchange(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace signet::sasl
