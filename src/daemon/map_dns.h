// Asks DNS for maps, and waits for the answer: for workers and commands, never on a loop's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "signet/base/guarded.h"
#include "signet/conf/config.h"
#include "signet/dns/resolver.h"
#include "signet/table/table.h"

namespace signet::daemon {

// From any thread that may wait; each look-up has a loop and a resolver of its own while it lasts,
// which are used again. As many are kept as were needed at one time.
class MapDns final {
 public:
  explicit MapDns(dns::ResolverOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Result<std::vector<std::string>> ask(const table::DnsQuestion& question);

 private:
  struct Line {
    loop::Loop loop;
    std::unique_ptr<dns::Resolver> resolver;
  };
  [[nodiscard]] Result<std::unique_ptr<Line>> take_line();
  template <class T, class Ask>
  [[nodiscard]] Result<std::vector<T>> ask_by(const table::DnsQuestion& question, Ask ask);

  const dns::ResolverOptions options_;
  Guarded<std::vector<std::unique_ptr<Line>>> idle_;
};

// For maps of type dns: asks whom the configuration names.
[[nodiscard]] table::AskDns dns_of_maps(const conf::Config& config);

}  // namespace signet::daemon
