// Everything sessions need of the configuration, made once per load and never changed (decision
// 0006): the options of receive and deliver with tables opened and certificates read.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/deliver/options.h"
#include "signet/dns/resolver.h"
#include "signet/maillog/lines.h"
#include "signet/receive/options.h"
#include "signet/sasl/library.h"
#include "signet/table/table.h"
#include "signet/tls/context.h"

namespace signet::daemon {

// TLS of both roles. Null: STARTTLS is not offered; not used.
struct TlsContexts {
  std::shared_ptr<const tls::Context> server;
  std::shared_ptr<const tls::Context> client;
};

struct Site {
  std::shared_ptr<const conf::Config> config;
  std::string host;     // $j
  std::string version;  // "$v/$Z"
  std::shared_ptr<const receive::Options> receive;
  std::vector<std::shared_ptr<const receive::Port>> ports;  // in step with config->daemon_ports
  std::shared_ptr<const deliver::Options> deliver;
  TlsContexts tls;
  maillog::Lines remarks;  // what an administrator must know: for the log, or for `signet check`
};

struct SiteParts {
  sasl::Library* sasl = nullptr;  // null: no AUTH
  table::Upkeep maps;             // how maps are opened, who hears of trouble
  tls::ReadKey read_key;          // empty: key files are read directly
  unsigned file_owner = 0;        // user number of RunAsUser; may own key files
  std::size_t loops = 1;          // limits that hold for all loops are divided
  // At a reload: what is in force. A certificate or key that is caught in the middle of a change
  // leaves it there.
  TlsContexts tls_in_use;
  std::optional<std::chrono::seconds> queue_interval;  // -q: how often waiting mail is tried
};

[[nodiscard]] dns::ResolverOptions resolver_options(const conf::Config& config);

// Opens tables, reads certificates, asks SASL: blocks; start and reload. A missing certificate is a
// remark, a missing map an error.
[[nodiscard]] Result<std::shared_ptr<const Site>> make_site(
    std::shared_ptr<const conf::Config> config, const SiteParts& parts);

}  // namespace signet::daemon
