#include "table/dns_table.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <span>
#include <utility>

#include "table/waiting_table.h"

namespace signet::table {
namespace {

constexpr std::chrono::seconds kDnsPatience{5};  // for one try
// One name that cannot be looked up says nothing about others. So many that nobody answers for do,
// if all stand below one domain (-B); without that they are whose they are, and a client's to name.
constexpr int kUnansweredIsSilent = 4;

class DnsAsker final : public Asker {
 public:
  DnsAsker(const Spec& spec, AskDns ask)
      : spec_(spec),
        patience_((spec.timeout.count() > 0 ? spec.timeout : kDnsPatience) * spec.dns.tries),
        ask_(std::move(ask)) {}

  [[nodiscard]] Heard ask(const std::string& key) override {
    const auto& dns = spec_.dns;
    const std::string name = dns.domain.empty() ? key : key + "." + dns.domain;
    const auto records = ask_({.name = name, .type = dns.type, .patience = patience_});
    const bool timed_out = !records && records.error().system_code == ETIMEDOUT;
    const int unanswered = timed_out ? ++unanswered_ : 0;
    if (!timed_out) unanswered_ = 0;
    const bool silent = unanswered >= kUnansweredIsSilent && !dns.domain.empty();
    if (!records) return {std::unexpected(records.error()), silent};
    if (records->empty()) return {std::nullopt};
    const auto most = spec_.most_values == 0 ? records->size() : spec_.most_values;
    return {join_values(spec_, std::span(*records).first(std::min(most, records->size())))};
  }

 private:
  const Spec spec_;
  const std::chrono::seconds patience_;
  const AskDns ask_;
  std::atomic<int> unanswered_{0};  // names, one behind another
};

}  // namespace

Result<std::shared_ptr<const Table>> make_dns_table(const Spec& spec, const Upkeep& upkeep,
                                                    Clock clock) {
  if (!upkeep.ask_dns) return permanent("dns: nobody is here who could ask DNS");
  return std::make_shared<WaitingTable>(spec, "dns:" + spec.dns.type, upkeep, std::move(clock),
                                        std::make_unique<DnsAsker>(spec, upkeep.ask_dns));
}

}  // namespace signet::table
