#include "daemon/agent.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/agent_wire.h"
#include "daemon/frames.h"
#include "signet/mailbox/mailbox.h"

namespace signet::daemon {
namespace {

constexpr int kMostChildren = 32;  // letters being written at once

volatile sig_atomic_t ended = 0;

deliver::LocalResult refused(const char* status, std::string reason, bool temporary) {
  return {
      .delivered = false, .temporary = temporary, .status = status, .reason = std::move(reason)};
}

// For good: no way back, and of the groups only that of the folder of mailboxes (root:mail 2775 on
// most systems), without which no lock file could be made there.
bool become(const MailboxOwner& owner, const std::string& mailbox_directory) {
  if (geteuid() != 0) return owner.uid == geteuid() || !owner.system_user;
  if (!owner.system_user) return true;  // started by root for users that exist in a file only
  struct stat directory {};
  const bool known = stat(mailbox_directory.c_str(), &directory) == 0;
  return setgroups(known ? 1 : 0, &directory.st_gid) == 0 &&
         setresgid(owner.gid, owner.gid, owner.gid) == 0 &&
         setresuid(owner.uid, owner.uid, owner.uid) == 0;
}

// One letter, in a child process.
deliver::LocalResult write_letter(int socket, const AgentOptions& options) {
  auto head = receive_head(socket);
  if (!head) return refused("4.3.0", head.error().what, true);
  auto users = LocalUsers::open(options.users);
  if (!users) return refused("4.3.0", users.error().what, true);
  const auto owner = users->find(head->user);
  if (!owner) return refused("5.1.1", "User unknown", false);
  if (!become(*owner, options.mailbox_directory))
    return refused("4.3.0", "cannot become the recipient", true);
  umask(077);

  mailbox::Place place;
  place.format = options.format == conf::MailboxFormat::mbox ? mailbox::Format::mbox
                                                             : mailbox::Format::maildir;
  place.path = options.mailbox_directory + "/" + owner->mailbox;
  bool ended_well = false;
  mailbox::Letter letter;
  letter.sender = head->sender;
  letter.when = head->when;
  letter.next = [&]() -> Result<std::string> {
    if (ended_well) return std::string();
    auto piece = receive_piece(socket);
    if (piece && piece->empty()) ended_well = true;
    return piece;
  };
  if (auto written = mailbox::deliver(place, letter); !written) {
    const bool temporary = written.error().kind == ErrorKind::temporary;
    return refused(temporary ? "4.2.0" : "5.2.0", written.error().what, temporary);
  }
  return {.delivered = true, .temporary = false, .status = "2.0.0", .reason = "Sent"};
}

[[noreturn]] void serve_letter(int socket, const AgentOptions& options) {
  alarm(static_cast<unsigned>(2 * kAgentPatience.count()));  // never outlives its use
  limit_patience(socket, kAgentPatience);
  const auto result = write_letter(socket, options);
  const bool told = send_answer(socket, result).has_value();
  _exit(told ? 0 : 1);
}

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

void run_agent(int listening, const AgentOptions& options) {
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
      serve_letter(socket, options);
    }
    if (child > 0) ++children;
    close(socket);  // without a child the engine sees the end and tries later
  }
  while (children > 0) reap(children, true);
  _exit(0);
}

}  // namespace signet::daemon
