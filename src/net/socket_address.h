// SocketAddress to and from the kernel's form.
#pragma once

#include <sys/socket.h>

#include "signet/base/ip.h"

namespace signet::net {

struct KernelAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

[[nodiscard]] KernelAddress to_kernel(const SocketAddress& address);
[[nodiscard]] SocketAddress from_kernel(const KernelAddress& address);

}  // namespace signet::net
