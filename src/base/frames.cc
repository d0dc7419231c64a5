#include "signet/base/frames.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace signet {
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

namespace {

// One octet with room for one descriptor beside it.
struct FileMessage {
  FileMessage() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
  }
  char octet = 'F';
  iovec part{.iov_base = &octet, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
};

}  // namespace

Result<void> send_file(int socket, const Fd& file) {
  FileMessage carrier;
  cmsghdr* header = CMSG_FIRSTHDR(&carrier.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int number = file.get();
  std::memcpy(CMSG_DATA(header), &number, sizeof number);
  while (sendmsg(socket, &carrier.message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return system_error("writing to a process of ours", errno);
  }
  return {};
}

Result<Fd> receive_file(int socket) {
  FileMessage carrier;
  ssize_t got = 0;
  while ((got = recvmsg(socket, &carrier.message, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno != EINTR) return system_error("reading from a process of ours", errno);
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&carrier.message);
  if (got != 1 || header == nullptr || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int))) {
    return temporary("reading from a process of ours: no descriptor came");
  }
  int number = -1;
  std::memcpy(&number, CMSG_DATA(header), sizeof number);
  return Fd(number);
}

void limit_patience(int socket, std::chrono::seconds patience) {
  const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

}  // namespace signet
