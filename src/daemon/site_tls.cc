#include "daemon/site_tls.h"

#include <utility>

#include <fmt/format.h>

namespace signet::daemon {

tls::FileRules file_rules(const conf::Config& config, unsigned owner) {
  return {.check = true,
          .group_readable_key = config.tolerates("GroupReadableKeyFile"),
          .trust_sticky_bit = config.tolerates("TrustStickyBit"),
          .group_writable_folder = config.tolerates("GroupWritableDirPathSafe"),
          .owner = owner};
}

namespace {

tls::Options common_options(const conf::Config& config, const SiteParts& parts) {
  const conf::Tls& from = config.tls;
  tls::Options options;
  options.ca_file = from.ca_file;
  options.ca_path = from.ca_path;
  options.crl_file = from.crl_file;
  options.crl_path = from.crl_path;
  options.least_version = static_cast<tls::Version>(from.least_version);
  options.cipher_list = from.cipher_list;
  options.cipher_suites = from.cipher_suites;
  options.dh_parameters = from.dh_parameters;
  options.fingerprint_algorithm = from.fingerprint_algorithm;
  options.files = file_rules(config, parts.file_owner);
  options.read_key = parts.read_key;
  return options;
}

std::vector<tls::SslOption> ssl_options(const std::vector<conf::SslOption>& options) {
  std::vector<tls::SslOption> all;
  for (const auto& option : options) all.push_back({option.name, option.on});
  return all;
}

std::vector<tls::KeyPair> key_pairs(const std::vector<conf::KeyPairFiles>& files) {
  std::vector<tls::KeyPair> pairs;
  for (const auto& file : files) pairs.push_back({file.certificate, file.key});
  return pairs;
}

// sendmail's line about the file, and ours with what to do.
void report(maillog::Side side, const tls::Complaint& complaint, maillog::Lines& remarks) {
  if (complaint.file.empty()) {
    remarks.push_back(maillog::starttls_error(side, complaint.reason));
  } else {
    remarks.push_back(maillog::file_unsafe(side, complaint.file, complaint.reason));
  }
  if (complaint.remedy.empty()) return;
  const std::string role = side == maillog::Side::server ? "server" : "client";
  remarks.push_back(
      maillog::remark(complaint.fatal ? maillog::Priority::warning : maillog::Priority::notice,
                      "STARTTLS=" + role + (complaint.fatal ? ": TLS is off" : "") +
                          "; remedy: " + complaint.remedy));
}

// Nothing is wrong but files that seem to be just on their way in.
bool is_unfinished(const std::vector<tls::Complaint>& complaints) {
  bool any = false;
  for (const auto& one : complaints) {
    if (!one.fatal && !one.unfinished) continue;
    if (!one.unfinished) return false;
    any = true;
  }
  return any;
}

std::shared_ptr<const tls::Context> make(maillog::Side side, const tls::Options& options,
                                         std::shared_ptr<const tls::Context> in_use,
                                         maillog::Lines& remarks) {
  auto made = tls::make_context(options);
  if (!made.context && in_use && is_unfinished(made.complaints)) {
    for (auto complaint : made.complaints) {
      complaint.fatal = false;
      report(side, complaint, remarks);
    }
    remarks.push_back(maillog::remark(
        maillog::Priority::warning,
        fmt::format(
            "STARTTLS={}: certificate and key do not fit each other; those in use stay until "
            "they do: reload again when both files are in place",
            side == maillog::Side::server ? "server" : "client")));
    return in_use;
  }
  for (const auto& complaint : made.complaints) report(side, complaint, remarks);
  remarks.push_back(maillog::starttls_init(side, made.context != nullptr));
  return std::move(made.context);
}

}  // namespace

TlsContexts make_tls(const conf::Config& config, const SiteParts& parts, maillog::Lines& remarks) {
  TlsContexts contexts;
  tls::Options server = common_options(config, parts);
  server.role = tls::Role::server;
  server.key_pairs = key_pairs(config.tls.server_pairs());
  for (const auto& named : config.tls.server_names) {
    server.named_pairs.push_back({named.name, {named.files.certificate, named.files.key}});
  }
  server.ssl_options = ssl_options(config.tls.server_options);
  server.request_certificate = config.tls.request_client_certificate;
  server.require_key_pair = config.tls.require_server_certificate;
  // A site that says nothing of certificates wants no STARTTLS and hears nothing about it.
  if (!server.key_pairs.empty() || !server.require_key_pair) {
    contexts.server = make(maillog::Side::server, server, parts.tls_in_use.server, remarks);
  }
  tls::Options client = common_options(config, parts);
  client.role = tls::Role::client;
  if (!config.tls.client_ca_file.empty() || !config.tls.client_ca_path.empty()) {
    client.ca_file = config.tls.client_ca_file;
    client.ca_path = config.tls.client_ca_path;
  }
  client.key_pairs = key_pairs(config.tls.client_pairs());
  client.ssl_options = ssl_options(config.tls.client_options);
  client.require_key_pair = false;
  contexts.client = make(maillog::Side::client, client, parts.tls_in_use.client, remarks);
  if (!contexts.client && !client.key_pairs.empty()) {
    // Without our certificate TLS is still better than none.
    client.key_pairs.clear();
    contexts.client = make(maillog::Side::client, client, nullptr, remarks);
  }
  return contexts;
}

}  // namespace signet::daemon
