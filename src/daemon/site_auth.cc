#include "daemon/site_auth.h"

namespace signet::daemon {
namespace {

std::vector<std::string> ask(sasl::Library& library, const sasl::ServerOptions& options,
                             maillog::Lines& remarks) {
  auto offered = sasl::offered(library, options);
  if (offered) return std::move(*offered);
  remarks.push_back(maillog::remark(maillog::Priority::warning, "AUTH: " + offered.error().what));
  return {};
}

}  // namespace

sasl::Security security_of(const conf::Auth& auth) {
  return {.no_active_attack = auth.no_active_attack,
          .pass_credentials = auth.pass_credentials,
          .no_dictionary = auth.no_dictionary,
          .forward_secrecy = auth.forward_secrecy,
          .mutual = auth.mutual,
          .no_plaintext_without_layer = auth.no_plaintext_without_layer,
          .no_anonymous = auth.no_anonymous};
}

void fill_auth(const conf::Config& config, const std::string& host, sasl::Library* library,
               receive::Options& options, maillog::Lines& remarks) {
  sasl::ServerOptions& auth = options.sasl;
  auth.host = host;
  auth.realm = config.auth.realm;
  auth.mechanisms = config.auth.mechanisms;
  auth.security = security_of(config.auth);
  if (library == nullptr) return;
  options.mechanisms_clear = ask(*library, auth, remarks);
  sasl::ServerOptions under_tls = auth;
  under_tls.tls_active = true;
  under_tls.tls_bits = 256;
  options.mechanisms_tls = ask(*library, under_tls, remarks);
  under_tls.external_id = "certificate";  // any: only whether there is one counts
  options.mechanisms_external = ask(*library, under_tls, remarks);
}

}  // namespace signet::daemon
