#include "signet/daemon/inspect.h"

#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "daemon/alias_maps.h"
#include "daemon/map_dns.h"
#include "daemon/maps.h"
#include "daemon/names.h"
#include "daemon/ports.h"
#include "daemon/privileges.h"
#include "daemon/site_agent.h"
#include "daemon/site_policy.h"
#include "signet/base/text.h"
#include "signet/mailbox/file_trust.h"

namespace signet::daemon {
namespace {

// Inodes of the sockets that listen on the port, as the kernel lists them.
std::vector<std::string> listening_inodes(std::uint16_t port) {
  constexpr std::string_view kListening = "0A";
  const std::string wanted = fmt::format(":{:04X}", port);
  std::vector<std::string> inodes;
  for (const auto* list : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(list);
    for (std::string line; std::getline(file, line);) {
      const auto columns = words(line, " ");
      if (columns.size() < 10 || columns[3] != kListening || !columns[1].ends_with(wanted)) {
        continue;
      }
      inodes.push_back("socket:[" + std::string(columns[9]) + "]");
    }
  }
  return inodes;
}

bool holds_one_of(const std::filesystem::path& process, const std::vector<std::string>& sockets) {
  std::error_code failed;
  for (const auto& fd : std::filesystem::directory_iterator(process / "fd", failed)) {
    const auto target = std::filesystem::read_symlink(fd.path(), failed).string();
    if (std::ranges::find(sockets, target) != sockets.end()) return true;
  }
  return false;
}

// Only root sees what processes of others hold.
void find_holder(std::uint16_t port, PortTrouble& trouble) {
  const auto sockets = listening_inodes(port);
  if (sockets.empty()) return;
  std::error_code failed;
  for (const auto& process : std::filesystem::directory_iterator("/proc", failed)) {
    const auto number = parse_number(process.path().filename().string());
    if (!number || !holds_one_of(process.path(), sockets)) continue;
    trouble.holder = static_cast<pid_t>(*number);
    std::ifstream name(process.path() / "comm");
    std::getline(name, trouble.program);
    return;
  }
}

bool is_member(const EngineUser& user, gid_t group) {
  if (user.gid == group) return true;
  const passwd* entry = getpwuid(user.uid);
  if (entry == nullptr) return false;
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (getgrouplist(entry->pw_name, entry->pw_gid, groups.data(), &count) < 0) return false;
  groups.resize(static_cast<std::size_t>(count));
  return std::ranges::find(groups, group) != groups.end();
}

}  // namespace

HostIdentity host_identity(const conf::Config& config) {
  const Names names = make_names(config);
  return {.host = names.host, .version = names.version + "/" + names.cf_version};
}

smtp::ClientOptions client_options(const conf::Config& config, const std::string& host) {
  const conf::Timeouts& times = config.timeouts;
  smtp::ClientOptions options;
  options.helo_name = config.helo_name.empty() ? host : config.helo_name;
  options.eight_bit_always = true;  // EightBitMode=pass8, sendmail's default
  options.greeting_timeout = times.initial;
  options.helo_timeout = times.helo;
  options.lhlo_timeout = times.lhlo;
  options.starttls_timeout = times.starttls;
  options.auth_timeout = times.auth;
  options.mail_timeout = times.mail;
  options.rcpt_timeout = times.rcpt;
  options.data_init_timeout = times.datainit;
  options.data_block_timeout = times.datablock;
  options.data_final_timeout = times.datafinal;
  options.rset_timeout = times.rset;
  options.quit_timeout = times.quit;
  return options;
}

Result<OutgoingAddresses> outgoing_addresses(const conf::Config& config) {
  auto site = site_policy(config, make_names(config));
  if (!site) return std::unexpected(std::move(site).error());
  return OutgoingAddresses{.site = std::move(*site), .rewriting = rewrite_options(config)};
}

Result<std::function<bool(std::string_view)>> local_domains(const conf::Config& config) {
  auto site = site_policy(config, make_names(config));
  if (!site) return std::unexpected(std::move(site).error());
  return [site = std::move(*site)](std::string_view domain) {
    return policy::is_local_domain(site, domain);
  };
}

std::vector<PortTrouble> try_ports(const conf::Config& config) {
  std::vector<PortTrouble> troubles;
  for (auto port : config.daemon_ports) {
    if (port.port == 0) continue;
    std::erase(port.modifiers, static_cast<char>(conf::Modifier::optional));
    const auto open = open_ports({port}, 1);
    if (open) continue;
    PortTrouble trouble{.port = port.name,
                        .why = open.error().what,
                        .system_code = open.error().system_code,
                        .program = {}};
    if (trouble.system_code == EADDRINUSE) find_holder(port.port, trouble);
    troubles.push_back(std::move(trouble));
  }
  return troubles;
}

Result<EngineUser> engine_user(const conf::Config& config) {
  auto identity = engine_identity(config);
  if (!identity) return std::unexpected(std::move(identity).error());
  EngineUser user{.uid = identity->drop ? identity->uid : geteuid(),
                  .gid = identity->drop ? identity->gid : getegid(),
                  .name = {},
                  .remark = identity->remark};
  const passwd* entry = getpwuid(user.uid);
  user.name = entry != nullptr ? entry->pw_name : std::to_string(user.uid);
  return user;
}

Result<void> users_of_programs(const conf::Config& config) {
  if (geteuid() != 0) return {};  // a start without root changes no user
  return look_up_users_of_programs(config);
}

std::optional<uid_t> user_number(const std::string& text) {
  const auto identity = agent::find_identity(text);
  return identity ? std::optional(identity->uid) : std::nullopt;
}

Result<std::vector<std::shared_ptr<const table::Table>>> open_alias_tables(
    const conf::Config& config) {
  const Names names = make_names(config);
  const table::Upkeep upkeep{.ask_dns = dns_of_maps(config)};
  maillog::Lines remarks;
  return open_aliases(config, MapOpener(config, names, upkeep), remarks);
}

std::optional<std::string> fault_of_list(const conf::Config& config, const std::string& path) {
  const auto options = agent_options(config);
  if (!options) return options.error().what;
  const auto file = mailbox::read_list_file(path, options->list_trust, std::nullopt);
  if (!file) return file.error().what;
  const auto& user = options->default_user;
  if (may_read({.uid = user.uid, .gid = user.gid, .name = user.user, .remark = {}}, path))
    return {};
  return path + ": DefaultUser may not read it";
}

bool may_read(const EngineUser& user, const std::string& path) {
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) return false;
  if (user.uid == 0) return true;
  if (state.st_uid == user.uid) return (state.st_mode & S_IRUSR) != 0;
  if (is_member(user, state.st_gid)) return (state.st_mode & S_IRGRP) != 0;
  return (state.st_mode & S_IROTH) != 0;
}

int fault_of_socket(const conf::Config& config, const std::string& path) {
  const auto identity = engine_identity(config);
  if (!identity) return 0;  // another finding
  const pid_t child = fork();
  if (child == 0) {
    if (!agent::drop_privileges(*identity)) _exit(EPERM);
    _exit(access(path.c_str(), W_OK) == 0 ? 0 : errno);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

}  // namespace signet::daemon
