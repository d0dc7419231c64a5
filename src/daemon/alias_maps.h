// AliasFile, opened. Start and reload; blocks on disk.
#pragma once

#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/maillog/lines.h"
#include "signet/policy/aliases.h"
#include "signet/table/table.h"

namespace signet::daemon {

// A map that is not there is a remark, and counts as empty until it is made: mail for users goes
// on. An error: AliasFile is none, or a map cannot be read.
[[nodiscard]] Result<policy::AliasMaps> open_aliases(const conf::Config& config,
                                                     const table::Upkeep& upkeep,
                                                     maillog::Lines& remarks);

}  // namespace signet::daemon
