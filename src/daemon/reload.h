// What a running daemon cannot change: it was opened, locked or handed out at the start.
#pragma once

#include <string>
#include <vector>

#include "signet/conf/config.h"

namespace signet::daemon {

// Makes `config`, just read, one that the daemon started with `start` can take over: what needs a
// restart stays as it was there. An open port keeps its place in daemon_ports, with the modifiers
// that the new configuration gives the port of the same address; the ports left out follow from
// `start`. Gives a sentence for each change that waits for a restart.
std::vector<std::string> keep_what_is_fixed(conf::Config& config, const conf::Config& start);

}  // namespace signet::daemon
