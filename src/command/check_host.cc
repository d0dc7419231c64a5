// Certificates, ports, users and the queue as `signet check` sees them.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "command/check.h"
#include "signet/base/text.h"
#include "signet/daemon/daemon.h"
#include "signet/tls/examine.h"

namespace signet::command {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kWarnDays = 30;

// To the nearest: two runs one after the other hardly ever differ.
std::int64_t whole_days(std::int64_t seconds) {
  const std::int64_t half = seconds < 0 ? -kDay / 2 : kDay / 2;
  return (seconds + half) / kDay;
}

void check_dates(const std::string& file, std::int64_t now, Findings& findings) {
  const auto certificate = tls::read_certificate(file);
  if (!certificate) return;  // what is wrong with it TLS says itself
  const std::string renew = "renew it, put certificate and key in place and reload";
  const auto days = whole_days(certificate->not_after - now);
  if (certificate->not_after <= now) {
    findings.add(Level::error, "certificate-expired", file,
                 fmt::format("the certificate expired {} days ago", -days), renew);
  } else if (certificate->not_before > now) {
    findings.add(Level::error, "certificate-not-yet-valid", file,
                 fmt::format("the certificate is valid in {} days only",
                             (certificate->not_before - now + kDay - 1) / kDay),
                 "look at the clock of this host, or at who made it");
  } else if (days < kWarnDays) {
    findings.add(Level::warning, "certificate-expires", file,
                 fmt::format("the certificate expires in {} days", days), renew);
  }
}

// A line "name: value" of Cyrus SASL's configuration.
std::string sasl_value(const std::string& file, std::string_view name) {
  std::ifstream text(file);
  for (std::string line; std::getline(text, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || !iequals(trim(line.substr(0, colon)), name)) continue;
    return std::string(trim(std::string_view(line).substr(colon + 1)));
  }
  return {};
}

std::string sasl_file(const conf::Config& config) {
  std::vector<std::string> folders{"/etc/sasl2", "/etc/sasl", "/usr/lib/sasl2",
                                   "/usr/local/lib/sasl2"};
  if (!config.sasl_conf_dir.empty()) folders = {config.sasl_conf_dir};
  for (const auto& folder : folders) {
    std::string file = folder + "/Sendmail.conf";
    if (access(file.c_str(), F_OK) == 0) return file;
  }
  return {};
}

}  // namespace

conf::Origin option_origin(const conf::Config& config, std::string_view option) {
  const auto found = config.given.find(std::string(option));
  return found != config.given.end() ? found->second.at : conf::Origin{.file = config.file};
}

void check_certificates(const conf::Config& config, std::int64_t now, Findings& findings) {
  std::vector<std::string> seen;
  const auto look = [&](const std::string& file) {
    if (file.empty() || std::ranges::find(seen, file) != seen.end()) return;
    seen.push_back(file);
    check_dates(file, now, findings);
  };
  for (const auto& pair : config.tls.server_pairs()) look(pair.certificate);
  for (const auto& named : config.tls.server_names) look(named.files.certificate);
  for (const auto& pair : config.tls.client_pairs()) look(pair.certificate);
}

void check_ports(const conf::Config& config, Findings& findings) {
  const auto daemon = daemon::running_daemon(config);
  // A configuration of FEATURE(`msp') opens none.
  const auto troubles = config.feature("msp") != nullptr ? std::vector<daemon::PortTrouble>()
                                                         : daemon::try_ports(config);
  for (const auto& trouble : troubles) {
    const auto at = option_origin(config, "DaemonPortOptions");
    if (trouble.system_code == EACCES && geteuid() != 0) {
      findings.add(Level::note, "port-not-tried", at, trouble.why, "check as root");
    } else if (trouble.system_code == EADDRINUSE && daemon &&
               (trouble.holder == 0 || trouble.program == "signet" || trouble.holder == *daemon)) {
      findings.add(Level::note, "port-in-use", at,
                   fmt::format("{}: by the running daemon, process {}", trouble.why, *daemon));
    } else if (trouble.system_code == EADDRINUSE) {
      findings.add(
          Level::error, "port-taken", at,
          trouble.why + (trouble.holder == 0
                             ? std::string(": by a process that is not ours to see")
                             : fmt::format(": by {}, process {}", trouble.program, trouble.holder)),
          "stop the other program, or listen elsewhere: DAEMON_OPTIONS");
    } else {
      findings.add(Level::error, "port-unusable", at, trouble.why, "correct DAEMON_OPTIONS");
    }
  }
}

void check_queue(const conf::Config& config, Findings& findings) {
  const auto user = daemon::engine_user(config);
  if (!user) {
    findings.add(Level::error, "user-missing", option_origin(config, "RunAsUser"),
                 user.error().what, "make the user, or name another in RunAsUser");
    return;
  }
  if (!user->remark.empty()) {
    const bool root = user->uid == 0;
    findings.add(root ? Level::warning : Level::note, "user", config.file, user->remark);
  }
  check_sasl(config, *user, findings);
  const auto at = option_origin(config, "QueueDirectory");
  const std::string& queue = config.queue_directory;
  struct stat state {};
  if (stat(queue.c_str(), &state) != 0) {
    findings.add(Level::note, "queue-missing", at, queue + " is not there: the start makes it");
    return;
  }
  if (!S_ISDIR(state.st_mode)) {
    findings.add(Level::error, "queue-unsafe", at, queue + " is no folder");
  } else if ((state.st_mode & S_IWOTH) != 0) {
    findings.add(Level::error, "queue-unsafe", at, "everybody may write " + queue,
                 "chmod 0700 " + queue);
  } else if ((state.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    findings.add(Level::warning, "queue-mode", at,
                 fmt::format("others may look into {} (mode {:04o})", queue, state.st_mode & 07777),
                 "chmod 0700 " + queue);
  }
  if (state.st_uid != user->uid && state.st_uid != 0) {
    findings.add(
        Level::error, "queue-owner", at,
        fmt::format("{} belongs to user {}, not to {}", queue, state.st_uid, user->name),
        fmt::format("another folder as QUEUE_DIR, or, if nobody else uses this one, chown -R {} {}",
                    user->name, queue));
  } else if (geteuid() != 0 && state.st_uid != user->uid) {
    findings.add(Level::error, "queue-owner", at,
                 fmt::format("{} belongs to root, and root must start the daemon then", queue));
  }
}

void check_sasl(const conf::Config& config, const daemon::EngineUser& user, Findings& findings) {
  bool offered = false;
  for (const auto& port : config.daemon_ports) {
    offered = offered || !port.has(conf::Modifier::no_auth);
  }
  if (!offered || config.auth.mechanisms.empty()) return;
  const std::string file = sasl_file(config);
  const std::string method = sasl_value(file, "pwcheck_method");
  if (method == "saslauthd") {
    std::string socket = sasl_value(file, "saslauthd_path");
    if (socket.empty()) socket = "/var/run/saslauthd/mux";
    if (access(socket.c_str(), F_OK) != 0) {
      findings.add(Level::warning, "sasl-database", file,
                   "pwcheck_method is saslauthd, and " + socket + " is not there",
                   "start saslauthd");
    }
    return;
  }
  const std::string plugin = sasl_value(file, "auxprop_plugin");
  if (!plugin.empty() && plugin.find("sasldb") == std::string::npos) return;
  std::string database = sasl_value(file, "sasldb_path");
  if (database.empty()) database = "/etc/sasldb2";
  if (access(database.c_str(), F_OK) != 0) {
    findings.add(Level::note, "sasl-database", file,
                 "no passwords for AUTH: " + database + " is not there",
                 "saslpasswd2 -c -f " + database + " -u " +
                     (config.auth.realm.empty() ? "HOST" : config.auth.realm) + " USER");
  } else if (!daemon::may_read(user, database)) {
    // Where nothing of the site's speaks of AUTH, the file may be somebody else's.
    const bool wanted = !file.empty() || config.given.contains("AuthMechanisms");
    findings.add(wanted ? Level::error : Level::warning, "sasl-database", database,
                 user.name + " may not read it: every AUTH with its passwords fails",
                 "chgrp its group to one of " + user.name + " and chmod 0640 " + database);
  }
}

}  // namespace signet::command
