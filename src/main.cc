// Puts it all together: everything is in the command room.
#include <fcntl.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

#include "signet/command/command.h"

namespace {

// What cron, an init script or a wrapper may have left: a closed stream, in whose place a socket or
// the spool would be opened next; an ignored SIGCHLD, with which no child's end is ever heard of. A
// file at its limit is an error to answer, not an end that leaves half a file behind.
bool settle_inheritance() {
  signal(SIGCHLD, SIG_DFL);
  signal(SIGXFSZ, SIG_IGN);
  int fd = STDIN_FILENO;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
  return fd >= 0 && close(fd) == 0;
}

// One who installs this program set-group-id means well, and is wrong: signet-drop is for that.
bool give_up_borrowed_rights() {
  return setresgid(getgid(), getgid(), getgid()) == 0 &&
         setresuid(getuid(), getuid(), getuid()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (!give_up_borrowed_rights() || !settle_inheritance()) return EX_OSERR;
  const std::vector<std::string_view> args(argv, argv + argc);
  try {
    return signet::command::run(args);
  } catch (const std::exception& failure) {
    std::cerr << args.front() << ": " << failure.what() << '\n';
    return EX_SOFTWARE;
  }
}
