// The client queue of a submit.mc: whose it is, and whether everybody's mail can wait there.
#include <grp.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "command/check.h"
#include "command/client_setup.h"
#include "command/paths.h"

namespace signet::command {
namespace {

std::string group_name(gid_t gid) {
  const group* entry = getgrgid(gid);
  return entry != nullptr ? entry->gr_name : std::to_string(gid);
}

// Without it, mail of users outside the group waits nowhere.
void check_drop_program(gid_t queue_group, Findings& findings) {
  const std::string group = group_name(queue_group);
  const std::string program = drop_program();
  const std::string price =
      "who is not in group " + group + " can send no mail while the MTA is down";
  if (program.empty()) {
    return findings.add(Level::warning, "drop-missing", std::string(),
                        "signet-drop is not installed: " + price, "tools/install");
  }
  struct stat state {};
  if (stat(program.c_str(), &state) != 0) return;
  if ((state.st_mode & S_ISGID) != 0 && state.st_gid == queue_group) return;
  findings.add(Level::warning, "drop-group", program,
               "is not set-group-id to " + group + ": " + price,
               fmt::format("chgrp {0} {1} && chmod 2755 {1}", group, program));
}

}  // namespace

void check_client_queue(const conf::Config& config, Findings& findings) {
  const auto at = option_origin(config, "QueueDirectory");
  const auto folder = client_queue_folder(config);
  const auto user = daemon::engine_user(config);
  if (!user) {
    return findings.add(Level::error, "user-missing", option_origin(config, "RunAsUser"),
                        user.error().what, "make the user, or name another in RunAsUser");
  }
  const std::string group = group_name(user->gid);
  struct stat state {};
  if (stat(folder.c_str(), &state) != 0 || !S_ISDIR(state.st_mode)) {
    return findings.add(
        Level::error, "queue-missing", at, folder + " is no folder: mail cannot wait",
        fmt::format("install -d -m 0770 -o {} -g {} {}", user->name, group, folder));
  }
  if ((state.st_mode & S_IWOTH) != 0) {
    findings.add(Level::error, "queue-unsafe", at, "everybody may write " + folder,
                 "chmod 0770 " + folder);
  } else if ((state.st_mode & S_IRWXG) != S_IRWXG) {
    findings.add(
        Level::warning, "queue-mode", at,
        fmt::format("its group may not use {} (mode {:04o})", folder, state.st_mode & 07777),
        "chmod 0770 " + folder);
  }
  if (state.st_uid != user->uid) {
    findings.add(Level::error, "queue-owner", at,
                 fmt::format("{} belongs to user {}, not to {}", folder, state.st_uid, user->name),
                 fmt::format("chown -R {} {}", user->name, folder));
  }
  check_drop_program(state.st_gid, findings);
}

}  // namespace signet::command
