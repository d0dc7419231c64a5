// What can be judged only when all lines of a configuration are read.
#pragma once

#include "conf/problems.h"

namespace signet::conf {

void check_whole(const Config& config, Problems& problems);

}  // namespace signet::conf
