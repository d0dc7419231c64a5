// signet-drop FOLDER ID: keeps the message on standard input in the client queue FOLDER, for those
// who may not write there. It is installed set-group-id to the folder's group and so believes its
// caller nothing; that is why it is a program of its own, and small (decision 0032). The sendmail
// command starts it; what comes in is told in clientqueue/deposit.h.
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "signet/base/clock.h"
#include "signet/base/text.h"
#include "signet/clientqueue/deposit.h"

namespace {

using signet::clientqueue::ClientQueue;

int refuse(int status, const std::string& why) {
  std::cerr << "sendmail: " << signet::printable(why) << '\n';
  return status;
}

std::string user_name(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry != nullptr ? entry->pw_name : std::to_string(uid);
}

int keep(const std::string& folder, const std::string& id) {
  const auto queue = ClientQueue::open(folder, std::nullopt);
  if (!queue) return refuse(EX_CANTCREAT, queue.error().what);
  // The borrowed group is for folders that are its own, not for what else it may write.
  const auto group = queue->group();
  if (!group || (getegid() != getgid() && *group != getegid())) {
    return refuse(EX_NOPERM, folder + " is no folder of the client queue's group");
  }
  const auto taken = signet::clientqueue::take_deposit(
      STDIN_FILENO, *queue, id, {.user = user_name(getuid()), .now = signet::read_clocks().wall});
  return taken ? EX_OK : refuse(EX_TEMPFAIL, taken.error().what);
}

}  // namespace

int main(int argc, char** argv) {
  clearenv();
  umask(007);
  signal(SIGXFSZ, SIG_IGN);  // a caller's limit: an error, not an end that leaves half a file
  if (argc != 3 || *argv[1] != '/') {
    return refuse(EX_USAGE,
                  "signet-drop is started by the sendmail command: signet-drop FOLDER ID");
  }
  try {
    return keep(argv[1], argv[2]);
  } catch (const std::exception& failure) {
    return refuse(EX_SOFTWARE, failure.what());
  }
}
