// FEATURE(bestmx_is_local): domains whose best MX is this host are local, though they are not in
// class w. DNS is a table here (decision 0024). Pure.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "signet/base/result.h"
#include "signet/policy/rewrite.h"
#include "signet/table/table.h"

namespace signet::policy {

struct BestMx {
  std::shared_ptr<const table::Table> hosts;  // those of the lowest preference, blanks between
  std::optional<NameSet> domains{};           // class B: it and what is below; empty: all domains
};
// Class w does not count: who is in it need not be asked about. `site.best_mx` may be null. An
// error: DNS does not say.
[[nodiscard]] Result<bool> is_best_mx(const SiteOptions& site, std::string_view domain);

}  // namespace signet::policy
