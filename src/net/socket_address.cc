#include "net/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace signet::net {

KernelAddress to_kernel(const SocketAddress& address) {
  KernelAddress kernel;
  const auto& bytes = address.ip.bytes();
  if (address.ip.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), sizeof v6.sin6_addr);
    std::memcpy(&kernel.storage, &v6, sizeof v6);
    kernel.size = sizeof v6;
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, bytes.data(), sizeof v4.sin_addr);
    std::memcpy(&kernel.storage, &v4, sizeof v4);
    kernel.size = sizeof v4;
  }
  return kernel;
}

SocketAddress from_kernel(const KernelAddress& kernel) {
  SocketAddress address;
  if (kernel.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &kernel.storage, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    address.ip = IpAddress::v6(bytes);
    address.port = ntohs(v6.sin6_port);
  } else if (kernel.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &kernel.storage, sizeof v4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    address.ip = IpAddress::v4(bytes);
    address.port = ntohs(v4.sin_port);
  }
  return address;
}

}  // namespace signet::net
