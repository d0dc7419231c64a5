// AUTH from the configuration: what is offered before TLS, under it, and to a verified certificate.
#pragma once

#include "signet/conf/config.h"
#include "signet/maillog/lines.h"
#include "signet/receive/options.h"
#include "signet/sasl/library.h"

namespace signet::daemon {

[[nodiscard]] sasl::Security security_of(const conf::Auth& auth);
// Fills sasl and the three lists of mechanisms.
void fill_auth(const conf::Config& config, const std::string& host, sasl::Library* library,
               receive::Options& options, maillog::Lines& remarks);

}  // namespace signet::daemon
