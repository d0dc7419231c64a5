// AliasFile, opened. Start and reload; blocks on disk.
#pragma once

#include "daemon/maps.h"
#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/maillog/lines.h"
#include "signet/policy/aliases.h"
#include "signet/table/table.h"

namespace signet::daemon {

// A file that is missing holds nothing until it is there; an answer is whole, or an error.
[[nodiscard]] table::Spec alias_spec(const MapOpener& opener, const conf::MapSpec& map);

// `remarks`: a map that is not built yet, or older than its text. An error: a map cannot be read.
[[nodiscard]] Result<policy::AliasMaps> open_aliases(const conf::Config& config,
                                                     const MapOpener& opener,
                                                     maillog::Lines& remarks);

}  // namespace signet::daemon
