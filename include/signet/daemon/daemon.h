// The running program: a parent that keeps privileges and children, an engine that speaks SMTP, an
// agent that writes mailboxes (docs/architecture.md). `command` starts it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "signet/base/result.h"
#include "signet/conf/load.h"

namespace signet::daemon {

struct ConfigurationSource {
  std::string file = "/etc/mail/sendmail.cf";  // .cf, or .mc: compiled on the fly
  std::string cf_dir;                          // our m4 library, for an .mc
  std::vector<std::string> overrides;          // "Option=value" as behind -O
};

// The cf text: the file itself, or what m4 made of an .mc.
[[nodiscard]] Result<std::string> configuration_text(const ConfigurationSource& source);
// Reads the configuration; an .mc goes through m4 first. Blocks: start, reload, checks.
[[nodiscard]] Result<conf::Loaded> load_configuration(const ConfigurationSource& source,
                                                      conf::Purpose purpose = conf::Purpose::run);

struct StartOptions {
  ConfigurationSource configuration;
  bool listen = true;      // -bd, -bD; false: only run the queue (-q30m)
  bool foreground = true;  // -bD; false: the caller gets its prompt back when all ports are open
  // -q30m: waiting messages are tried when due, at least this long after an attempt. Absent:
  // nothing waits for a queue run that nobody asked for, so they are tried when due all the same.
  std::optional<std::chrono::seconds> queue_interval;
  std::string command_line;        // second line of the pid file
  std::string log_tag = "sm-mta";  // -L
};

// Runs until SIGTERM; SIGHUP reloads. Gives a sysexits code. Errors of the start go to stderr.
[[nodiscard]] int run_daemon(const StartOptions& options);

// `ids`: queue ids of quarantined messages, or "all": the daemon lets them go at its next queue
// run, or when it starts.
[[nodiscard]] Result<void> order_release(const std::string& queue_directory,
                                         const std::vector<std::string>& ids);

// The process to signal; an error says why there is none.
[[nodiscard]] Result<pid_t> running_daemon(const conf::Config& config);

}  // namespace signet::daemon
