// Orders to release quarantined messages: files in QueueDirectory/release, named by the queue id or
// "all". `sendmail -Q -qQ` writes them, the engine takes them at its next queue run, after a start
// too; so an order given while no daemon runs is kept.
#pragma once

#include <string>
#include <vector>

#include "signet/base/result.h"

namespace signet::daemon {

// order_release() is daemon.h's. Those that are taken are gone then. Small and on local disk: read
// where they are needed.
[[nodiscard]] std::vector<std::string> take_release_orders(const std::string& queue_directory);

}  // namespace signet::daemon
