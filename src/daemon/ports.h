// The listening sockets of all DAEMON_OPTIONS, opened by the parent before privileges are dropped:
// one a loop and port (SO_REUSEPORT).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "signet/base/fd.h"
#include "signet/base/ip.h"
#include "signet/base/result.h"
#include "signet/conf/ports.h"

namespace signet::daemon {

struct OpenPort {
  std::size_t index = 0;    // of the port in the configuration
  SocketAddress address;    // as bound
  std::vector<Fd> sockets;  // one a loop
};

struct OpenPorts {
  std::vector<OpenPort> open;
  std::vector<std::string> remarks;  // ports with M=O that could not be opened
};

[[nodiscard]] Result<OpenPorts> open_ports(const std::vector<conf::DaemonPort>& ports,
                                           std::size_t loops);

}  // namespace signet::daemon
