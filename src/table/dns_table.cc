#include "table/dns_table.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "table/waiting_table.h"

namespace signet::table {
namespace {

constexpr std::chrono::seconds kDnsPatience{5};  // for one try
constexpr std::size_t kLongestDnsValue = 4096;
// One name that cannot be looked up says nothing about others; so many that nobody answers for do.
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
    if (!records) return {std::unexpected(records.error()), unanswered >= kUnansweredIsSilent};
    if (records->empty()) return {std::nullopt};
    return {joined(*records)};
  }

 private:
  // With -z all of them, as many as -Z allows and as fit; without it the first.
  [[nodiscard]] std::string joined(const std::vector<std::string>& records) const {
    std::string value = records.front().substr(0, kLongestDnsValue);
    if (spec_.delimiter.empty()) return value;
    const auto most = spec_.most_values == 0 ? records.size() : spec_.most_values;
    for (std::size_t i = 1; i < std::min(most, records.size()); ++i) {
      if (value.size() + records[i].size() >= kLongestDnsValue) break;
      value += spec_.delimiter + records[i];
    }
    return value;
  }

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
