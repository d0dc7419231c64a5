// What the agent needs to know of the configuration; made when the daemon starts.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "signet/agent/identity.h"
#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/mailbox/file_trust.h"
#include "signet/table/table.h"

namespace signet::agent {

// A mailer that is a program; by default Mprog.
struct MailerProgram {
  std::string path = "/bin/sh";        // P=
  std::string arguments = "sh -c $u";  // A=
  std::string flags = "lsDFMoqeu9";    // F=
  std::string folders = "$z:/";        // D=
  [[nodiscard]] bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

// Any other mailer that is a program, and who runs it.
struct Mailer {
  std::string name;
  MailerProgram program;
  Identity user;  // U=, else DefaultUser
};

struct Options {
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
  MailerProgram program;
  std::optional<MailerProgram> local_program;  // puts mail into mailboxes; empty: we do
  std::vector<Mailer> mailers;
  std::string restricted_to;  // FEATURE(smrsh): the folder of programs; empty: all may be run
};

}  // namespace signet::agent
