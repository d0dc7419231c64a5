// What the agent needs to know of the configuration; read once, when the daemon starts.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/privileges.h"
#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/mailbox/file_trust.h"
#include "signet/table/table.h"

namespace signet::daemon {

// A mailer that is a program; by default Mprog.
struct ProgramMailer {
  std::string path = "/bin/sh";        // P=
  std::string arguments = "sh -c $u";  // A=
  std::string flags = "lsDFMoqeu9";    // F=
  std::string folders = "$z:/";        // D=
  [[nodiscard]] bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

// Any other mailer that is a program, and who runs it.
struct SiteMailer {
  std::string name;
  ProgramMailer program;
  Identity user;  // U=, else DefaultUser
};

struct AgentOptions {
  std::string mailbox_directory;
  conf::MailboxFormat format = conf::MailboxFormat::mbox;
  conf::MailboxUsers users;
  std::vector<table::Spec> aliases;
  Identity asker;                          // who asks servers that hold aliases: the engine's user
  Identity default_user;                   // DefaultUser; without root, whoever we are
  std::string host;                        // $j
  std::string nick;                        // $w
  std::vector<std::string> forward_paths;  // macros unexpanded
  mailbox::FileTrust forward_trust{}, list_trust{}, file_trust{};
  // Of files whose programs and files are used: addresses count from more of them.
  mailbox::FileTrust safe_forward_trust{}, safe_list_trust{};
  bool quiet_about_folders = false;  // DontWarnForwardFileInUnsafeDirPath
  std::chrono::seconds file_patience{60};
  std::string from_line;  // UnixFromLine, macros unexpanded
  std::string safe_file_environment;
  ProgramMailer program;
  std::optional<ProgramMailer> local_program;  // puts mail into mailboxes; empty: we do
  std::vector<SiteMailer> mailers;
  std::string restricted_to;  // FEATURE(smrsh): the folder of programs; empty: all may be run
};

// P= and the like of a mailer that is a program.
[[nodiscard]] ProgramMailer site_program(const conf::Mailer& mailer);
// U=, which there is. An error: it names nobody, or root.
[[nodiscard]] Result<Identity> named_user(const conf::Mailer& mailer);
// FEATURE(local_procmail): the program that gets mail for users of the system, if it is there.
[[nodiscard]] std::optional<ProgramMailer> local_program(const conf::Config& config);
// An error: DefaultUser names nobody, or root.
[[nodiscard]] Result<AgentOptions> agent_options(const conf::Config& config);

}  // namespace signet::daemon
