#include "daemon/site_agent.h"

#include <unistd.h>

#include "daemon/alias_maps.h"
#include "daemon/maps.h"
#include "daemon/names.h"
#include "daemon/privileges.h"
#include "signet/base/text.h"

namespace signet::daemon {
namespace {

// As sendmail chooses where nobody is named.
agent::Identity usual_default_user() {
  for (const auto* name : {"mailnull", "sendmail", "daemon"}) {
    if (auto found = agent::find_identity(name); found && found->uid != 0) return *found;
  }
  return {.drop = true, .uid = 1, .gid = 1, .user = {}, .remark = {}};
}

Result<agent::Identity> named_default_user(const conf::Config& config) {
  auto found = agent::find_identity(config.default_user);
  if (!found) return permanent("DefaultUser=" + config.default_user + ": no such user or group");
  if (found->uid == 0) return permanent("DefaultUser: programs are not run as root");
  return std::move(*found);
}

Result<agent::Identity> default_user(const conf::Config& config) {
  if (geteuid() != 0) return agent::Identity{.drop = false, .uid = geteuid(), .gid = getegid()};
  return config.default_user.empty() ? usual_default_user() : named_default_user(config);
}

agent::MailerProgram program_of(const conf::Mailer* given) {
  agent::MailerProgram made;
  if (given == nullptr) return made;
  if (!given->path.empty()) made.path = given->path;
  if (!given->arguments.empty()) made.arguments = given->arguments;
  if (!given->flags.empty()) made.flags = given->flags;
  if (!given->folders.empty()) made.folders = given->folders;
  return made;
}

Result<agent::Identity> user_of(const conf::Mailer& mailer, const agent::Identity& default_user) {
  return mailer.user.empty() || geteuid() != 0 ? default_user : named_user(mailer);
}

Result<std::vector<agent::Mailer>> site_mailers(const conf::Config& config,
                                                const agent::Identity& default_user) {
  std::vector<agent::Mailer> all;
  for (const auto& mailer : config.mailers) {
    if (!mailer.is_program()) continue;
    auto user = user_of(mailer, default_user);
    if (!user) return std::unexpected(std::move(user).error());
    all.push_back({.name = mailer.name, .program = site_program(mailer), .user = std::move(*user)});
  }
  return all;
}

}  // namespace

agent::MailerProgram site_program(const conf::Mailer& mailer) {
  return {.path = mailer.path,
          .arguments = mailer.arguments,
          .flags = mailer.flags,
          .folders = mailer.folders};
}

// Never root: whatever F=S may say.
Result<agent::Identity> named_user(const conf::Mailer& mailer) {
  const auto where = mailer.at.to_string() + ": mailer " + mailer.name + ": U=" + mailer.user;
  auto found = agent::find_identity(mailer.user);
  if (!found) return permanent(where + ": no such user or group");
  if (found->uid == 0) return permanent(where + ": programs are not run as root");
  return std::move(*found);
}

Result<void> look_up_users_of_programs(const conf::Config& config) {
  if (!config.default_user.empty()) {
    if (auto found = named_default_user(config); !found) return std::unexpected(found.error());
  }
  for (const auto& mailer : config.mailers) {
    if (!mailer.is_program() || mailer.user.empty()) continue;
    if (auto found = named_user(mailer); !found) return std::unexpected(found.error());
  }
  return {};
}

std::optional<agent::MailerProgram> local_program(const conf::Config& config) {
  if (config.feature("local_procmail") == nullptr) return std::nullopt;
  auto mailer = program_of(config.mailer("local"));
  if (access(mailer.path.c_str(), X_OK) != 0) return std::nullopt;
  return mailer;
}

Result<agent::Options> agent_options(const conf::Config& config) {
  auto user = default_user(config);
  if (!user) return std::unexpected(std::move(user).error());
  auto asker = engine_identity(config);
  if (!asker) return std::unexpected(std::move(asker).error());
  auto mailers = site_mailers(config, *user);
  if (!mailers) return std::unexpected(std::move(mailers).error());
  const Names names = make_names(config);
  agent::Options options{.mailbox_directory = config.mailbox_directory,
                         .format = config.mailbox_format,
                         .users = config.mailbox_users,
                         .aliases = {},
                         .asker = std::move(*asker),
                         .default_user = std::move(*user),
                         .host = names.host,
                         .nick = names.nick,
                         .forward_paths = {},
                         .from_line = config.from_line,
                         .safe_file_environment = config.safe_file_environment,
                         .program = program_of(config.mailer("prog")),
                         .local_program = local_program(config),
                         .mailers = std::move(*mailers),
                         .restricted_to = {}};
  const table::Upkeep upkeep;
  const MapOpener maps(config, names, upkeep);
  for (const auto& map : config.aliases) options.aliases.push_back(alias_spec(maps, map));
  for (const auto path : split(config.forward_path, ':')) {
    if (!trim(path).empty()) options.forward_paths.emplace_back(trim(path));
  }
  mailbox::FileTrust common;
  common.sticky_bit = config.tolerates("TrustStickyBit");
  common.group_writable_folder = config.tolerates("GroupWritableDirPathSafe");
  options.file_trust = options.forward_trust = options.list_trust = common;
  options.file_trust.own_folders = true;
  auto& forward = options.forward_trust;
  forward.unsafe_folder = config.tolerates("ForwardFileInUnsafeDirPath");
  forward.group_writable_folder |= config.tolerates("ForwardFileInGroupWritableDirPath");
  forward.group_writable = config.tolerates("GroupWritableForwardFile");
  forward.world_writable = config.tolerates("WorldWritableForwardfile");
  auto& list = options.list_trust;
  list.unsafe_folder = config.tolerates("IncludeFileInUnsafeDirPath");
  list.group_writable_folder |= config.tolerates("IncludeFileInGroupWritableDirPath");
  list.group_writable = config.tolerates("GroupWritableIncludeFile");
  list.world_writable = config.tolerates("WorldWritableIncludefile");
  const auto safe = [&](mailbox::FileTrust trust, const char* folder, const char* group) {
    trust.unsafe_folder = trust.unsafe_folder && config.tolerates(folder);
    trust.group_writable = trust.group_writable && config.tolerates(group);
    trust.world_writable = false;
    return trust;
  };
  options.safe_forward_trust =
      safe(forward, "ForwardFileInUnsafeDirPathSafe", "GroupWritableForwardFileSafe");
  options.safe_list_trust =
      safe(list, "IncludeFileInUnsafeDirPathSafe", "GroupWritableIncludeFileSafe");
  options.quiet_about_folders = config.tolerates("DontWarnForwardFileInUnsafeDirPath");
  options.file_patience = config.timeouts.fileopen;
  // The shell of FEATURE(smrsh): its rules are ours, it is not run itself.
  const auto& shell = options.program.path;
  if (shell.substr(shell.rfind('/') + 1) == "smrsh") {
    options.restricted_to = config.smrsh_directory;
    options.program.path = "/bin/sh";
  }
  while (options.safe_file_environment.ends_with('/')) options.safe_file_environment.pop_back();
  return options;
}

}  // namespace signet::daemon
