// TLS contexts of both roles from the configuration, and their complaints as lines of the log.
#pragma once

#include <memory>

#include "signet/conf/config.h"
#include "signet/daemon/site.h"
#include "signet/maillog/lines.h"
#include "signet/tls/context.h"

namespace signet::daemon {

// DontBlameSendmail, as far as it is about key files; `owner` is RunAsUser, who may own them.
[[nodiscard]] tls::FileRules file_rules(const conf::Config& config, unsigned owner);
[[nodiscard]] TlsContexts make_tls(const conf::Config& config, const SiteParts& parts,
                                   maillog::Lines& remarks);

}  // namespace signet::daemon
