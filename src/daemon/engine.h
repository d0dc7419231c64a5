// The engine process: reads certificates while it may, drops privileges, opens the journal, runs
// the loops; reloads on SIGHUP, runs the queue on SIGUSR1, drains on SIGTERM. Forked by the parent.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ports.h"
#include "daemon/privileges.h"
#include "signet/base/fd.h"
#include "signet/conf/config.h"

namespace signet::daemon {

struct EngineOrder {
  std::shared_ptr<const conf::Config> config;
  std::shared_ptr<const conf::Config> start;  // what the daemon began with; for a reload
  std::vector<std::string> overrides;         // for a reload
  std::vector<std::string> remarks;           // of the start so far: warnings, ports left out
  std::optional<std::chrono::seconds> queue_interval;
  std::size_t loops = 1;
  bool background = false;     // streams are let go when all ports are served
  OpenPorts* ports = nullptr;  // taken over
  agent::Identity identity;
  int broker = -1;  // socket to the parent
  std::string agent_path;
  std::string log_tag;  // in front of each line of the log
};

// Runs in the forked process until it is told to end. Gives its exit status (sysexits).
[[nodiscard]] int run_engine(const EngineOrder& order);

}  // namespace signet::daemon
