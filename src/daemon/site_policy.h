// What the configuration says about access, relaying and addresses, as the policy room wants to
// hear it.
#pragma once

#include <memory>

#include "daemon/maps.h"
#include "daemon/names.h"
#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/policy/access.h"
#include "signet/policy/best_mx.h"
#include "signet/policy/ldap_routing.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/server.h"

namespace signet::daemon {

// Does FEATURE(name, ..., word, ...) say the word?
[[nodiscard]] bool has_argument(const conf::Feature* feature, std::string_view word);
[[nodiscard]] policy::AccessOptions access_options(const conf::Config& config);
// Without the maps.
[[nodiscard]] policy::RewriteOptions rewrite_options(const conf::Config& config);
// Fails: a regular expression for certificates that is none.
[[nodiscard]] Result<policy::SiteOptions> site_policy(const conf::Config& config,
                                                      const Names& names);

// FEATURE(ldap_routing); null: it is not used. Fails: its maps cannot be opened.
[[nodiscard]] Result<std::shared_ptr<const policy::LdapRouting>> ldap_routing_of(
    const conf::Config& config, const MapOpener& maps);
// FEATURE(bestmx_is_local); null: it is not used. Fails: nobody is there who asks DNS.
[[nodiscard]] Result<std::shared_ptr<const policy::BestMx>> best_mx_of(const conf::Config& config,
                                                                       const MapOpener& maps);

}  // namespace signet::daemon
