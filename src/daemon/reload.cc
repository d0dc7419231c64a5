#include "daemon/reload.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace signet::daemon {
namespace {

conf::Family family_of(const conf::DaemonPort& port) {
  return port.family == conf::Family::unspecified && port.address.empty() ? conf::Family::inet
                                                                          : port.family;
}

// Opened by both at the same place. Of ports that the kernel picks, the name tells which.
bool same_place(const conf::DaemonPort& a, const conf::DaemonPort& b) {
  return a.port == b.port && a.address == b.address && family_of(a) == family_of(b) &&
         (a.port != 0 || a.name == b.name);
}

std::vector<conf::DaemonPort> keep_ports(std::vector<conf::DaemonPort> given,
                                         const std::vector<conf::DaemonPort>& open,
                                         std::vector<std::string>& remarks) {
  std::vector<conf::DaemonPort> kept;
  for (const auto& port : open) {
    const auto same =
        std::ranges::find_if(given, [&](const auto& one) { return same_place(one, port); });
    if (same == given.end()) {
      kept.push_back(port);
      remarks.push_back("daemon=" + port.name +
                        " is in the configuration no more; it stays as it was until a restart");
      continue;
    }
    kept.push_back(std::move(*same));
    given.erase(same);
  }
  for (const auto& port : given) {
    remarks.push_back("daemon=" + port.name + " is new; its port is opened at a restart");
  }
  return kept;
}

// What the agent knows of them besides the user, and looks up by name.
bool same_program(const conf::Mailer& a, const conf::Mailer& b) {
  return a.name == b.name && a.path == b.path && a.arguments == b.arguments && a.flags == b.flags &&
         a.folders == b.folders;
}

std::vector<conf::Mailer> programs_among(const std::vector<conf::Mailer>& mailers) {
  std::vector<conf::Mailer> programs;
  std::ranges::copy_if(mailers, std::back_inserter(programs), &conf::Mailer::is_program);
  return programs;
}

std::string user_of_program(const conf::Mailer& mailer) {
  return mailer.user.empty() ? "DefaultUser" : mailer.user;
}

void remark_on_users(const std::vector<conf::Mailer>& given, const std::vector<conf::Mailer>& known,
                     std::vector<std::string>& remarks) {
  for (const auto& mailer : given) {
    const auto before = std::ranges::find(known, mailer.name, &conf::Mailer::name);
    if (before == known.end() || before->user == mailer.user) continue;
    remarks.push_back(mailer.at.to_string() + ": mailer " + mailer.name +
                      ": U= changes at a restart only; until then its program runs as " +
                      user_of_program(*before) + ", not as " + user_of_program(mailer));
  }
}

void keep_programs(std::vector<conf::Mailer>& given, const std::vector<conf::Mailer>& start,
                   std::vector<std::string>& remarks) {
  const auto known = programs_among(start);
  const auto wanted = programs_among(given);
  const auto said = remarks.size();
  remark_on_users(wanted, known, remarks);
  if (!std::ranges::equal(wanted, known, same_program)) {
    remarks.emplace_back("mailers that are programs change at a restart only");
  }
  if (remarks.size() == said) return;
  std::erase_if(given, [](const conf::Mailer& mailer) { return mailer.is_program(); });
  given.insert(given.end(), known.begin(), known.end());
}

}  // namespace

std::vector<std::string> keep_what_is_fixed(conf::Config& config, const conf::Config& start) {
  using conf::Config;
  std::vector<std::string> remarks;
  const auto fixed = [&](auto Config::*setting, std::string_view name) {
    if (config.*setting == start.*setting) return;
    config.*setting = start.*setting;
    remarks.push_back(std::string(name) + " changes at a restart only");
  };
  fixed(&Config::queue_directory, "QueueDirectory");
  fixed(&Config::loops, "Loops");
  fixed(&Config::run_as_user, "RunAsUser");
  fixed(&Config::pid_file, "PidFile");
  fixed(&Config::log_target, "LogTarget");
  fixed(&Config::mailbox_directory, "MailboxDirectory");
  fixed(&Config::mailbox_format, "MailboxFormat");
  fixed(&Config::mailbox_users, "MailboxDatabase");
  fixed(&Config::alias_file, "AliasFile");
  fixed(&Config::default_user, "DefaultUser");
  fixed(&Config::forward_path, "ForwardPath");
  fixed(&Config::from_line, "UnixFromLine");
  fixed(&Config::safe_file_environment, "SafeFileEnvironment");
  fixed(&Config::smrsh_directory, "SmrshDirectory");
  fixed(&Config::sasl_conf_dir, "SaslConfDir");
  keep_programs(config.mailers, start.mailers, remarks);
  config.daemon_ports = keep_ports(std::move(config.daemon_ports), start.daemon_ports, remarks);
  return remarks;
}

}  // namespace signet::daemon
