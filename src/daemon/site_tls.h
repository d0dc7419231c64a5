// TLS contexts of both roles from the configuration, and their complaints as lines of the log.
#pragma once

#include <memory>

#include "signet/conf/config.h"
#include "signet/maillog/lines.h"
#include "signet/tls/context.h"

namespace signet::daemon {

struct TlsContexts {
  std::shared_ptr<const tls::Context> server;  // null: STARTTLS is not offered
  std::shared_ptr<const tls::Context>
      client;  // null: none could be made (never for a missing file)
};
// DontBlameSendmail, as far as it is about key files.
[[nodiscard]] tls::FileRules file_rules(const conf::Config& config);
[[nodiscard]] TlsContexts make_tls(const conf::Config& config, const tls::ReadKey& read_key,
                                   maillog::Lines& remarks);

}  // namespace signet::daemon
