#include "daemon/frames.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

namespace signet::daemon {
namespace {

Result<std::string> receive_exactly(int socket, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const auto got = recv(socket, bytes.data() + have, size - have, 0);
    const int code = errno;
    if (got < 0 && code == EINTR) continue;
    if (got < 0) return system_error("reading from a process of ours", code);
    if (got == 0) return temporary("reading from a process of ours: it is gone");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace

Result<void> send_frame(int socket, std::string_view bytes) {
  const std::uint32_t size = htonl(static_cast<std::uint32_t>(bytes.size()));
  std::string frame(reinterpret_cast<const char*>(&size), sizeof size);
  frame += bytes;
  std::string_view rest = frame;
  while (!rest.empty()) {
    const auto sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    const int code = errno;
    if (sent < 0 && code == EINTR) continue;
    if (sent < 0) return system_error("writing to a process of ours", code);
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> receive_frame(int socket, std::size_t most) {
  auto prefix = receive_exactly(socket, sizeof(std::uint32_t));
  if (!prefix) return prefix;
  std::uint32_t size = 0;
  prefix->copy(reinterpret_cast<char*>(&size), sizeof size);
  size = ntohl(size);
  if (size > most) return permanent("reading from a process of ours: frame too long");
  return receive_exactly(socket, size);
}

void limit_patience(int socket, std::chrono::seconds patience) {
  const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

}  // namespace signet::daemon
