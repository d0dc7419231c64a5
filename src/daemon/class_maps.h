// Members of classes that maps hold: F{VirtHost}@LDAP. Start and reload; waits for servers.
#pragma once

#include <memory>

#include "daemon/privileges.h"
#include "signet/conf/config.h"
#include "signet/maillog/lines.h"
#include "signet/table/table.h"

namespace signet::daemon {

// The configuration with them; itself where no map has any. Servers are asked as `identity`, by a
// child (lesser_child.h). An error: a map that is not optional cannot be asked.
[[nodiscard]] Result<std::shared_ptr<const conf::Config>> with_class_maps(
    std::shared_ptr<const conf::Config> config, const table::Upkeep& upkeep,
    const agent::Identity& identity, maillog::Lines& remarks);

}  // namespace signet::daemon
