#include "daemon/pseudo_domains.h"

#include <optional>
#include <string>
#include <utility>

#include "signet/base/text.h"

namespace signet::daemon {
namespace {

constexpr std::string_view kBitnet = ".bitnet";
constexpr std::string_view kUucp = ".uucp";

using Found = Result<std::optional<std::string>>;

// The key without the end; empty: it ends otherwise.
std::string_view name_below(std::string_view key, std::string_view end) {
  if (key.size() <= end.size() || !iequals(key.substr(key.size() - end.size()), end)) return {};
  return key.substr(0, key.size() - end.size());
}

class PseudoDomains final : public table::Table {
 public:
  explicit PseudoDomains(DomainTables tables) : tables_(std::move(tables)) {
    for (const auto* one : {tables_.bitnet.get(), tables_.uucp.get(), tables_.domains.get()}) {
      if (one == nullptr) continue;
      name_ += name_.empty() ? "" : ",";
      name_ += one->name();
      waits_ = waits_ || one->waits();
    }
  }

  [[nodiscard]] Found find(std::string_view key) const override {
    for (const auto& [end, table] :
         {std::pair(kBitnet, tables_.bitnet.get()), std::pair(kUucp, tables_.uucp.get())}) {
      const auto name = name_below(key, end);
      if (table == nullptr || name.empty()) continue;
      auto found = table->find(name);
      if (!found || *found) return found;
    }
    if (tables_.domains == nullptr) return std::nullopt;
    return tables_.domains->find(key);
  }
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] bool waits() const override { return waits_; }

 private:
  const DomainTables tables_;
  std::string name_;
  bool waits_ = false;
};

}  // namespace

std::shared_ptr<const table::Table> join_domains(DomainTables tables) {
  if (tables.bitnet == nullptr && tables.uucp == nullptr) return std::move(tables.domains);
  return std::make_shared<PseudoDomains>(std::move(tables));
}

}  // namespace signet::daemon
