// Maps as the configuration names them: how they are opened, and what their files look like.
#pragma once

#include "signet/conf/config.h"
#include "signet/maillog/lines.h"
#include "signet/table/table.h"

namespace signet::daemon {

[[nodiscard]] table::Spec table_spec(const conf::MapSpec& from);
// Of features' maps whose text was changed behind the map that is made from it.
void remark_on_stale_maps(const conf::Config& config, maillog::Lines& remarks);

}  // namespace signet::daemon
