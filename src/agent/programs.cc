#include "agent/programs.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "signet/agent/mailer_arguments.h"
#include "signet/base/frames.h"
#include "signet/base/text.h"
#include "signet/mailbox/program.h"

namespace signet::agent {
namespace {

using deliver::LocalResult;

std::string printable_lines(std::string_view text) {
  std::string out;
  for (const auto line : split(trim(text), '\n')) {
    if (!trim(line).empty()) out += (out.empty() ? "" : "\n") + printable(line);
  }
  return out;
}

std::vector<std::string> environment(const Rights& rights) {
  std::vector<std::string> all{"AGENT=sendmail", "PATH=/usr/local/bin:/usr/bin:/bin",
                               "SHELL=/bin/sh"};
  if (const char* zone = std::getenv("TZ")) all.push_back(std::string("TZ=") + zone);
  if (!rights.home.empty()) all.push_back("HOME=" + rights.home);
  if (rights.name.empty()) return all;
  all.push_back("USER=" + rights.name);
  all.push_back("LOGNAME=" + rights.name);
  return all;
}

// FEATURE(smrsh).
std::expected<std::string, std::string> allowed_command(const std::string& wanted,
                                                        const std::string& folder) {
  if (folder.empty()) return wanted;
  auto command = mailbox::restricted_command(wanted, folder);
  if (!command) return std::unexpected("smrsh: " + command.error());
  for (const auto& one : mailbox::programs_of(*command, folder)) {
    if (access(one.c_str(), X_OK) == 0) continue;
    return std::unexpected("smrsh: \"" + printable(one.substr(one.rfind('/') + 1)) +
                           "\" not available for sendmail programs");
  }
  return command;
}

mailbox::Program program_of(const HeldLetter& letter, const MailerProgram& mailer,
                            std::vector<std::string> arguments, const Rights& rights) {
  mailbox::Program program;
  program.path = mailer.path;
  program.arguments = std::move(arguments);
  program.environment = environment(rights);
  for (const auto folder : split(mailer.folders, ':')) {
    if (folder != "$z") program.folders.emplace_back(folder);
    if (folder == "$z" && !rights.home.empty()) program.folders.push_back(rights.home);
  }
  if (!mailer.has('n')) program.form.from_line = letter.from_line();
  program.form.return_path = mailer.has('P');
  program.form.quoted = mailer.has('E');
  program.patience = kProgramPatience;
  program.client = letter.socket;
  return program;
}

LocalResult run(HeldLetter& letter, std::string_view name, const MailerProgram& mailer,
                std::vector<std::string> arguments, const Rights& rights) {
  const auto program = program_of(letter, mailer, std::move(arguments), rights);
  limit_patience(letter.socket, kProgramPatience);
  alarm(static_cast<unsigned>(kProgramPatience.count()) + kLongestLetter);
  const auto content = letter.content();
  auto end = mailbox::run_program(program, content);
  if (!end) return refused("4.3.0", end.error().what, true);
  auto meaning =
      mailbox::meaning_of_exit(*end, std::string(name) + " mailer (" + mailer.path + ")");
  auto result = meaning.words.empty() ? sent()
                                      : refused(std::move(meaning.status), std::move(meaning.words),
                                                meaning.temporary);
  result.output = printable_lines(end->output);
  return result;
}

LocalResult run_with_parts(HeldLetter& letter, std::string_view name, const MailerProgram& mailer,
                           MailerParts parts, const Rights& rights) {
  parts.sender = letter.head.sender;
  parts.own_host = letter.options.host;
  parts.own_nick = letter.options.nick;
  auto arguments = mailer_arguments(mailer, parts);
  if (!arguments) {
    return refused("5.1.3", "an address that begins with - would be an option of the program",
                   false);
  }
  return run(letter, name, mailer, std::move(*arguments), rights);
}

}  // namespace

LocalResult to_command(HeldLetter& letter, const Rights& rights) {
  const auto& mailer = letter.options.program;
  const auto command = allowed_command(letter.head.target, letter.options.restricted_to);
  if (!command) {
    auto result = refused("5.0.0", "Service unavailable", false);
    result.output = result.remark = command.error();
    return result;
  }
  std::vector<std::string> arguments;
  for (const auto word : words(mailer.arguments)) {
    arguments.push_back(word == "$u" ? *command : std::string(word));
  }
  return run(letter, "prog", mailer, std::move(arguments), rights);
}

LocalResult to_local_program(HeldLetter& letter, const MailerProgram& mailer,
                             const std::string& detail, const Rights& rights) {
  return run_with_parts(letter, "local", mailer, {.user = rights.name, .host = detail}, rights);
}

// The engine names a mailer, its host and user, and nothing of what is run: that stands in our own
// configuration (decision 0034).
LocalResult to_site_mailer(HeldLetter& letter) {
  const auto& head = letter.head;
  const auto& mailers = letter.options.mailers;
  const auto mailer = std::ranges::find(mailers, head.mailer, &Mailer::name);
  if (mailer == mailers.end()) {
    return refused("4.3.5", "there is no mailer " + printable(head.mailer), true);
  }
  const Rights rights = rights_of(mailer->user);
  if (!become(rights)) return refused("4.3.0", "cannot become the user of the mailer", true);
  return run_with_parts(letter, mailer->name, mailer->program,
                        parts_for(mailer->program, head.host, head.user), rights);
}

}  // namespace signet::agent
