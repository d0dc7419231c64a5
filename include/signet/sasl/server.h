// The server side of one AUTH exchange (RFC 4422, 4954). No security layer is ever negotiated: TLS
// is ours. Each call may block (sasldb, saslauthd): worker threads only, one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/result.h"
#include "signet/sasl/library.h"

namespace signet::sasl {

struct ServerOptions {
  std::string host;                     // $j: fully qualified, for DIGEST-MD5 and SCRAM
  std::string realm;                    // AuthRealm; empty: host
  std::vector<std::string> mechanisms;  // AuthMechanisms, upper case; others are refused
  Security security;
  // Facts of the session:
  bool tls_active = false;
  int tls_bits = 0;           // SSF of TLS, for EXTERNAL and `p`
  std::string external_id;    // EXTERNAL identity of a verified certificate; empty: no EXTERNAL
  std::string local_address;  // "127.0.0.1;587", Cyrus's form
  std::string remote_address;
};

struct Step {
  enum class State {
    challenge,     // `bytes` go to the client
    done,          // authenticated
    refused,       // wrong credentials, or too weak
    temporary,     // sasldb unreadable, saslauthd down, out of memory
    no_mechanism,  // not offered here
    malformed,     // the client broke the exchange; to sendmail as bad as a wrong password
  };
  State state = State::refused;
  std::string bytes;       // raw; with done: what the mechanism still wants the client to hear
  std::string user;        // done: authentication id
  std::string author;      // done: authorisation id
  int bits = 0;            // done: SSF of the mechanism's own layer, 0 here
  int sasl_code = 0;       // SASL_BADAUTH... as in sendmail's AUTH failure line
  std::string reason;      // sasl_errstring and sasl_errdetail, printable
  std::string user_tried;  // not done: whom the client claimed to be, where Cyrus tells
};

class ServerExchange final {
 public:
  // `library` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<ServerExchange>> make(Library& library,
                                                                    const ServerOptions& options);
  ~ServerExchange();
  ServerExchange(const ServerExchange&) = delete;
  ServerExchange& operator=(const ServerExchange&) = delete;

  // `initial`: decoded initial response; absent: none was sent ("=" is an empty one).
  [[nodiscard]] Step start(const std::string& mechanism, std::optional<std::string_view> initial);
  [[nodiscard]] Step step(std::string_view response);  // decoded

  struct Core;

 private:
  friend Result<std::vector<std::string>> offered(Library& library, const ServerOptions& options);
  explicit ServerExchange(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

// What would be offered under these options, in Cyrus's order: `mechanisms` that the plugins have
// and the security flags allow; EXTERNAL only with an external_id. Blocks: start and reload.
[[nodiscard]] Result<std::vector<std::string>> offered(Library& library,
                                                       const ServerOptions& options);

}  // namespace signet::sasl
