// Which K lines features, aliases and classes of a configuration ask: a feature brings the line of
// its map along, and a sequence names lines of others. Once all lines are read.
#pragma once

#include "conf/problems.h"

namespace signet::conf {

// `has_rules`: there are rewriting rules, which would ask the other K lines.
void join_maps(Config& config, bool has_rules, Problems& problems);

}  // namespace signet::conf
