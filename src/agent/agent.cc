#include "signet/agent/agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "agent/child.h"

namespace signet::agent {
namespace {

constexpr int kMostChildren = 32;  // letters being written at once

volatile sig_atomic_t ended = 0;

void reap(int& children, bool wait_for_one) {
  while (children > 0) {
    const pid_t done = waitpid(-1, nullptr, wait_for_one ? 0 : WNOHANG);
    if (done <= 0) return;
    --children;
    wait_for_one = false;
  }
}

}  // namespace

Result<Fd> listen_for_letters(const std::string& path) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return system_error("socket", errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return permanent(path + ": path too long");
  path.copy(address.sun_path, path.size());
  unlink(path.c_str());
  const mode_t before = umask(0177);
  const int bound = bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int code = errno;
  umask(before);
  if (bound != 0) return system_error("binding " + path, code);
  if (listen(socket.get(), 128) != 0) return system_error("listening on " + path, errno);
  return socket;
}

void run_agent(int listening, const Options& options) {
  struct sigaction action {};
  action.sa_handler = [](int) { ended = 1; };
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = [](int) {};  // interrupts poll
  sigaction(SIGCHLD, &action, nullptr);
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);  // the parent decides

  int children = 0;
  while (!ended) {
    reap(children, children >= kMostChildren);
    pollfd watch{.fd = listening, .events = POLLIN, .revents = 0};
    if (poll(&watch, 1, 1000) <= 0) continue;
    const int socket = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGTERM, SIG_IGN);  // a letter begun is a letter finished
      close(listening);
      serve_letter(Fd(socket), options);
    }
    if (child > 0) ++children;
    close(socket);  // without a child the engine sees the end and tries later
  }
  while (children > 0) reap(children, true);
  _exit(0);
}

}  // namespace signet::agent
