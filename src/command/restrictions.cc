#include "command/restrictions.h"

#include <grp.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <vector>

namespace signet::command {
namespace {

bool is_member(gid_t group) {
  if (getgid() == group) return true;
  const int count = getgroups(0, nullptr);
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(count, 0)));
  if (getgroups(count, groups.data()) < 0) return false;
  return std::ranges::find(groups, group) != groups.end();
}

}  // namespace

bool may_see_queue(const conf::Privacy& privacy, const std::string& folder) {
  if (!privacy.restrict_mailq || getuid() == 0) return true;
  struct stat found {};
  if (stat(folder.c_str(), &found) != 0) return false;
  return found.st_uid == getuid() || is_member(found.st_gid);
}

bool may_run_queue(const conf::Privacy& privacy, const std::string& folder) {
  if (!privacy.restrict_qrun || getuid() == 0) return true;
  struct stat found {};
  return stat(folder.c_str(), &found) == 0 && found.st_uid == getuid();
}

int refuse_to_show_queue() {
  std::cerr << "You are not permitted to see the queue\n";
  return EX_NOPERM;
}

int refuse_to_run_queue() {
  std::cerr << "You do not have permission to process the queue\n";
  return EX_NOPERM;
}

}  // namespace signet::command
