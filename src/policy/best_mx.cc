#include "signet/policy/best_mx.h"

#include <algorithm>
#include <utility>

#include "signet/base/text.h"
#include "signet/policy/server.h"

namespace signet::policy {

Result<bool> is_best_mx(const SiteOptions& site, std::string_view domain) {
  const BestMx* best = site.best_mx.get();
  if (best == nullptr || domain.empty() || domain.starts_with('[')) return false;
  if (best->domains && !best->domains->covers(domain)) return false;
  const auto hosts = best->hosts->find(domain);
  if (!hosts) return std::unexpected(Error(hosts.error()).within("bestmx_is_local"));
  if (!*hosts) return false;
  return std::ranges::any_of(words(**hosts),
                             [&](auto host) { return is_local_domain(site, host); });
}

}  // namespace signet::policy
