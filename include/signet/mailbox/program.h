// Mail for programs: a shell gets the command that an alias or a .forward file names, or the local
// mailer its user; the program gets the letter on its standard input. Runs in the agent's child, as
// whoever that has become; blocking. Nothing of the mail stands in the command or the environment.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mailbox/mailbox.h"

namespace signet::mailbox {

struct Program {
  std::string path = "/bin/sh";            // P= of the mailer
  std::vector<std::string> arguments{};    // A=, with the command
  std::vector<std::string> environment{};  // "NAME=value", all of it
  std::vector<std::string> folders{};      // D=: the first that can be entered
  LetterForm form{};
  Duration patience = std::chrono::minutes(10);  // then it is killed, with all of its group
  int client = -1;  // socket of who wants to know how it ended: gone, it is killed as well
};

struct ProgramEnd {
  int status = 0;      // exit code
  int signal = 0;      // it died of that; 0: it ended by itself
  bool late = false;   // killed when its time was over
  std::string output;  // the beginning of what it said
};
// An error: it could not be started, the letter was cut short, or nobody waits for its end, who
// would only have it run again; then it is killed before it can take what it has for the whole.
[[nodiscard]] Result<ProgramEnd> run_program(const Program& program, const Letter& letter);

// FEATURE(smrsh): what the command becomes when only programs of `folder` may be run, with their
// path taken off. An error says why it may not be run at all. Pure.
[[nodiscard]] std::expected<std::string, std::string> restricted_command(std::string_view command,
                                                                         std::string_view folder);
// The first programs of a restricted command, to see whether they are there.
[[nodiscard]] std::vector<std::string> programs_of(std::string_view restricted,
                                                   std::string_view folder);

// What an exit code of sysexits.h means for the mail.
struct ExitMeaning {
  bool temporary = false;
  std::string status;  // "5.1.1"
  std::string words;   // "User unknown"
};
// `mailer`: "prog mailer (/bin/sh)". No words: all went well.
[[nodiscard]] ExitMeaning meaning_of_exit(const ProgramEnd& end, std::string_view mailer);

}  // namespace signet::mailbox
