#include "daemon/ports.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <memory>

#include "signet/net/listener.h"

namespace signet::daemon {
namespace {

constexpr int kDefaultBacklog = 1024;

// Addr= as a name: its first address of the family that was asked for.
Result<IpAddress> resolve(const std::string& name, conf::Family family) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = family == conf::Family::inet6 ? AF_INET6 : AF_INET;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(name.c_str(), nullptr, &hints, &found); code != 0) {
    return permanent("Addr=" + name + ": " + gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  if (found->ai_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
    std::array<std::uint8_t, 4> bytes{};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->sin_addr), 4, bytes.begin());
    return IpAddress::v4(bytes);
  }
  const auto* address = reinterpret_cast<const sockaddr_in6*>(found->ai_addr);
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->sin6_addr), 16, bytes.begin());
  return IpAddress::v6(bytes);
}

// Without Addr= every interface, IPv4 unless Family=inet6, as in sendmail.
Result<IpAddress> address_of(const conf::DaemonPort& port) {
  if (port.address.empty()) {
    return *IpAddress::parse(port.family == conf::Family::inet6 ? "::" : "0.0.0.0");
  }
  if (const auto ip = IpAddress::parse(port.address)) {
    if (port.family == conf::Family::inet && ip->is_v6()) {
      return permanent("Addr=" + port.address + " is no address of Family=inet");
    }
    return *ip;
  }
  return resolve(port.address, port.family);
}

Result<OpenPort> open_port(const conf::DaemonPort& port, std::size_t loops) {
  auto ip = address_of(port);
  if (!ip) return std::unexpected(std::move(ip).error());
  OpenPort open;
  net::ListenOptions options{.address = {*ip, port.port},
                             .backlog = port.backlog > 0 ? port.backlog : kDefaultBacklog,
                             .share_port = loops > 1};
  for (std::size_t i = 0; i < loops; ++i) {
    auto socket = net::open_listener(options);
    if (!socket) return std::unexpected(std::move(socket).error());
    if (i == 0) {
      auto bound = net::bound_address(socket->get());
      if (!bound) return std::unexpected(std::move(bound).error());
      open.address = *bound;
      options.address = *bound;  // the others join the port that the first one got
    }
    open.sockets.push_back(std::move(*socket));
  }
  return open;
}

}  // namespace

Result<OpenPorts> open_ports(const std::vector<conf::DaemonPort>& ports, std::size_t loops) {
  OpenPorts all;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    auto open = open_port(ports[i], loops);
    if (!open) {
      Error error = std::move(open).error().within("daemon " + ports[i].name);
      if (!ports[i].has(conf::Modifier::optional)) return std::unexpected(std::move(error));
      all.remarks.push_back(std::move(error.what));
      continue;
    }
    open->index = i;
    all.open.push_back(std::move(*open));
  }
  return all;
}

}  // namespace signet::daemon
