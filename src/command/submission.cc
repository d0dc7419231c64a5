#include "command/submission.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "command/clerk.h"
#include "command/client_setup.h"
#include "command/message_io.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"

namespace signet::command {
namespace {

int connect_to(const submit::Mta& mta) {
  for (const auto& address : mta.addresses) {
    const std::string host = address.ip.to_string();
    const bool v6 = address.ip.is_v6();
    sockaddr_storage where{};
    socklen_t length = 0;
    if (v6) {
      auto* to = reinterpret_cast<sockaddr_in6*>(&where);
      to->sin6_family = AF_INET6;
      to->sin6_port = htons(address.port);
      inet_pton(AF_INET6, host.c_str(), &to->sin6_addr);
      length = sizeof *to;
    } else {
      auto* to = reinterpret_cast<sockaddr_in*>(&where);
      to->sin_family = AF_INET;
      to->sin_port = htons(address.port);
      inet_pton(AF_INET, host.c_str(), &to->sin_addr);
      length = sizeof *to;
    }
    Fd socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.valid() && connect(socket.get(), reinterpret_cast<sockaddr*>(&where), length) == 0) {
      return socket.release();
    }
  }
  return -1;
}

bool copy_some(int from, int to) {
  std::array<char, kReadBytes> buffer{};
  const ssize_t got = read(from, buffer.data(), buffer.size());
  if (got <= 0) return got < 0 && errno == EINTR;
  std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
  while (!rest.empty()) {
    const ssize_t wrote = ::write(to, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

// Bytes both ways until the MTA hangs up.
void join_streams(int socket) {
  std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {socket, POLLIN, 0}}};
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (watched[1].revents != 0 && !copy_some(socket, STDOUT_FILENO)) return;
    if (watched[0].revents != 0 && !copy_some(STDIN_FILENO, socket)) {
      shutdown(socket, SHUT_WR);
      watched[0].fd = -1;
    }
  }
}

}  // namespace

int cannot_submit(const Error& error) {
  std::cerr << error.what << '\n';
  return conf::exit_code(error);
}

int submit_message(const Submission& order) {
  if (order.arguments.empty() && !order.from_header) {
    std::cerr << "Recipient names must be specified\n";
    return EX_USAGE;
  }
  signal(SIGPIPE, SIG_IGN);
  auto setup = client_setup(order);
  if (!setup) return cannot_submit(setup.error());
  return Clerk(order, std::move(*setup)).take_message();
}

int speak_smtp(const Submission& order) {
  signal(SIGPIPE, SIG_IGN);
  auto setup = client_setup(order);
  if (!setup) return cannot_submit(setup.error());
  const Fd socket(connect_to(setup->outbox.mta));
  if (!socket.valid()) {
    std::cout << "421 4.4.1 " << setup->outbox.host << " no mail server answers at "
              << printable(setup->outbox.mta.name) << "\r\n"
              << std::flush;
    return EX_TEMPFAIL;
  }
  join_streams(socket.get());
  return EX_OK;
}

}  // namespace signet::command
