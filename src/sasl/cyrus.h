// Cyrus SASL's handles with owners, and its words.
#pragma once

#include <memory>
#include <string>

#include <sasl/sasl.h>

#include "signet/sasl/library.h"

namespace signet::sasl {

struct ConnectionFree {
  void operator()(sasl_conn_t* connection) const { sasl_dispose(&connection); }
};
using ConnectionHandle = std::unique_ptr<sasl_conn_t, ConnectionFree>;

inline constexpr const char* kService = "smtp";  // its name in Cyrus's configuration: smtp.conf

// Callbacks are stored by Cyrus as functions without arguments (sasl_callback_t).
using Callback = int (*)();
template <class F>
[[nodiscard]] Callback as_callback(F* function) {
  return reinterpret_cast<Callback>(reinterpret_cast<void (*)()>(function));
}

// No layer of SASL's own (TLS is ours), and the flags of AuthOptions.
[[nodiscard]] sasl_security_properties_t properties(const Security& security, bool tls_active);
// "SASL(-13): authentication failure: ..."; printable. The maillog has the rest.
[[nodiscard]] std::string error_words(sasl_conn_t* connection, int code);
// Sets the strength of TLS and, if there is one, the identity of the certificate.
[[nodiscard]] int set_external(sasl_conn_t* connection, int tls_bits, const std::string& identity);

}  // namespace signet::sasl
