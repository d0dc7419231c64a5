#include "daemon/agent_child.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "daemon/agent_wire.h"
#include "daemon/evidence.h"
#include "daemon/frames.h"
#include "daemon/mailer_arguments.h"
#include "daemon/rights.h"
#include "signet/base/text.h"
#include "signet/conf/macros.h"
#include "signet/mailbox/mailbox.h"
#include "signet/mailbox/program.h"

namespace signet::daemon {
namespace {

using deliver::LocalResult;

constexpr unsigned kLongestLetter = 2 * kAgentPatience.count();  // seconds

LocalResult refused(std::string status, std::string reason, bool temporary) {
  return {.delivered = false,
          .temporary = temporary,
          .status = std::move(status),
          .reason = std::move(reason)};
}

LocalResult sent() {
  return {.delivered = true, .temporary = false, .status = "2.0.0", .reason = "Sent"};
}

std::string date_of(WallTime when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm local{};
  localtime_r(&seconds, &local);
  char date[64];
  return {date, std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &local)};
}

// "From $g $d". Readers of such files split at blanks.
std::string from_line_of(const std::string& form, const mailbox::Letter& letter) {
  std::string sender = letter.sender.empty() ? "MAILER-DAEMON" : printable(letter.sender);
  std::ranges::replace(sender, ' ', '_');
  return conf::expand(form, [&](std::string_view name) -> std::optional<std::string> {
    if (name == "g") return conf::literal(sender);
    if (name == "d") return date_of(letter.when);
    return std::nullopt;
  });
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (const auto line : split(trim(text), '\n')) {
    if (!trim(line).empty()) out += (out.empty() ? "" : "\n") + printable(line);
  }
  return out;
}

class Child final {
 public:
  Child(int socket, const AgentOptions& options) : socket_(socket), options_(options) {}

  LocalResult run() {
    auto head = receive_head(socket_);
    if (!head) return refused("4.3.0", head.error().what, true);
    head_ = std::move(*head);
    umask(077);
    if (!head_.mailer.empty()) return to_site_mailer();
    auto users = LocalUsers::open(options_.users);
    if (!users) return refused("4.3.0", users.error().what, true);
    if (head_.kind == mail::Recipient::Kind::address ||
        head_.kind == mail::Recipient::Kind::mailbox)
      return to_mailbox(*users);
    const auto found = find_rights(head_.user, options_, *users);
    if (!found) return refused("4.3.0", found.error().what, true);
    const auto& rights = *found;
    if (!rights) return refused("5.7.1", "User unknown: " + printable(head_.user), false);
    const bool reads = head_.kind == mail::Recipient::Kind::list;
    if (!reads && !has_valid_shell(*rights)) {
      return refused("5.7.1",
                     "User " + printable(rights->name) +
                         " doesn't have a valid shell for mailing to " +
                         (head_.kind == mail::Recipient::Kind::program ? "programs" : "files"),
                     false);
    }
    Evidence evidence(head_, options_);
    if (auto asked = evidence.ask_aliases(); !asked)
      return refused("4.3.0", asked.error().what, true);
    const auto named = become_who_is_named(evidence, *rights);
    if (!named) return refused("4.3.0", named.error().what, true);
    if (!*named) return refused("5.7.1", "is named by no alias, list or .forward file", false);
    if (reads) return read_list(*rights);
    auto result = head_.kind == mail::Recipient::Kind::program ? to_program(*rights) : to_file();
    result.ids = rights->ids();
    return result;
  }

 private:
  [[nodiscard]] mailbox::Letter letter() {
    return {.sender = head_.sender, .when = head_.when, .next = [this]() -> Result<std::string> {
              if (ended_well_) return std::string();
              auto piece = receive_piece(socket_);
              if (piece && piece->empty()) ended_well_ = true;
              return piece;
            }};
  }

  // What root's own files name is asked as root, who alone may read them. False: no evidence.
  static Result<bool> become_who_is_named(const Evidence& evidence, const Rights& rights) {
    const auto before = rights.for_root ? evidence.is_named() : Result<bool>(false);
    if (!become(rights)) return temporary("cannot become the user");
    return rights.for_root ? before : evidence.is_named();
  }

  LocalResult to_mailbox(const LocalUsers& users) {
    const auto known = users.find(head_.user);
    if (!known) return refused("4.3.0", known.error().what, true);
    const auto& owner = *known;
    if (!owner) return refused("5.1.1", "User unknown", false);
    // What the user has the program run must not have the group of all mailboxes, nor be root.
    const bool by_program =
        options_.local_program && owner->system_user && (owner->uid != 0 || geteuid() != 0);
    const Rights rights = rights_of(*owner);
    std::string remark;
    if (head_.may_forward) {
      const BorrowedRights borrowed(*owner);
      if (!borrowed.held()) return refused("4.3.0", "cannot become the recipient", true);
      auto found = find_forward(*owner, remark);
      if (!found) return refused("4.3.0", found.error().what, true);
      if (*found) return {.remark = std::move(remark), .members = std::move(*found)};
    }
    if (by_program ? !become(rights) : !become_recipient(*owner, options_.mailbox_directory)) {
      return refused("4.3.0", "cannot become the recipient", true);
    }
    if (by_program) {
      auto result = to_local_program(*options_.local_program, rights);
      result.remark = std::move(remark);
      return result;
    }
    mailbox::Place place;
    place.format = options_.format == conf::MailboxFormat::mbox ? mailbox::Format::mbox
                                                                : mailbox::Format::maildir;
    place.path = options_.mailbox_directory + "/" + owner->mailbox;
    auto result = result_of(mailbox::deliver(place, letter()), "4.2.0", "5.2.0");
    result.remark = std::move(remark);
    return result;
  }

  static LocalResult result_of(const Result<void>& written, const char* later, const char* never) {
    if (written) return sent();
    const bool temporary = written.error().kind == ErrorKind::temporary;
    return refused(temporary ? later : never, written.error().what, temporary);
  }

  static Rights rights_of(const MailboxOwner& owner) {
    Rights rights{.name = owner.mailbox, .uid = owner.uid, .gid = owner.gid};
    if (const passwd* entry = getpwuid(owner.uid); entry != nullptr) rights.home = entry->pw_dir;
    return rights;
  }

  // Of user+detail.
  [[nodiscard]] std::string detail() const {
    const auto plus = head_.user.find('+', 1);
    return plus == std::string::npos ? "" : head_.user.substr(plus + 1);
  }

  // Empty: this user has no such file; where he has no home, or no detail that could be part of a
  // name.
  [[nodiscard]] std::string forward_path(const std::string& form, const MailboxOwner& owner) const {
    const passwd* entry = owner.system_user ? getpwuid(owner.uid) : nullptr;
    bool good = true;
    std::string path = conf::expand(form, [&](std::string_view name) -> std::optional<std::string> {
      if (name == "u") return owner.mailbox;
      if (name == "w") return options_.nick;
      if (name == "j") return options_.host;
      if (name == "z" && entry != nullptr) return std::string(entry->pw_dir);
      if (name == "h" && detail().find('/') == std::string::npos) return conf::literal(detail());
      good = false;
      return std::nullopt;
    });
    return good && path.starts_with('/') ? path : std::string();
  }

  // The first that is there counts, and one that is not to be believed does not.
  Result<std::optional<deliver::MembersFile>> find_forward(const MailboxOwner& owner,
                                                           std::string& remark) const {
    for (const auto& form : options_.forward_paths) {
      const auto path = forward_path(form, owner);
      if (path.empty()) continue;
      auto file = read_in_time(path, options_.forward_trust, geteuid(), options_.file_patience);
      if (file && !trim(file->text).empty()) {
        return deliver::MembersFile{.path = path,
                                    .text = std::move(file->text),
                                    .user = owner.system_user ? owner.mailbox : std::string()};
      }
      if (file) continue;
      const int code = file.error().system_code;
      if (code == ENOENT || code == ENOTDIR || code == EACCES || code == ELOOP) continue;
      if (file.error().kind == ErrorKind::temporary) return std::unexpected(file.error());
      const bool folder = file.error().what.ends_with("directory");
      if (!folder || !options_.quiet_about_folders) remark = "forward: " + file.error().what;
    }
    return std::nullopt;
  }

  // What a list names is used with the rights of its owner, when the alias file names the list;
  // with those of the reader, when it is his own. Who names a list of somebody else gets nobody's.
  [[nodiscard]] std::string user_of_list(uid_t owner) const {
    const bool own = owner == 0 || owner == geteuid();
    if (own) return head_.user;
    if (!head_.user.empty()) return "#" + std::to_string(owner);
    const passwd* entry = getpwuid(owner);
    return entry != nullptr ? entry->pw_name : "#" + std::to_string(owner);
  }

  LocalResult read_list(const Rights& rights) const {
    auto file =
        read_in_time(head_.target, options_.list_trust, std::nullopt, options_.file_patience);
    if (!file) {
      const bool temporary = file.error().kind == ErrorKind::temporary;
      return refused(temporary ? "4.2.4" : "5.2.4", file.error().what, temporary);
    }
    LocalResult result;
    result.ids = rights.ids();
    result.members = {
        .path = head_.target, .text = std::move(file->text), .user = user_of_list(file->owner)};
    return result;
  }

  LocalResult to_file() {
    mailbox::FilePlace place;
    place.path = head_.target;
    place.environment = options_.safe_file_environment;
    place.trust = options_.file_trust;
    auto written = letter();
    place.form = {.from_line = from_line_of(options_.from_line, written),
                  .return_path = true,
                  .quoted = true};
    auto result = result_of(mailbox::deliver_file(place, written), "4.2.0", "5.0.0");
    if (!result.delivered && !result.temporary) {
      result.remark = std::exchange(result.reason, "Can't create output");
    }
    return result;
  }

  [[nodiscard]] std::vector<std::string> environment(const Rights& rights) const {
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
  [[nodiscard]] std::expected<std::string, std::string> allowed_command() const {
    if (options_.restricted_to.empty()) return head_.target;
    auto command = mailbox::restricted_command(head_.target, options_.restricted_to);
    if (!command) return std::unexpected("smrsh: " + command.error());
    for (const auto& one : mailbox::programs_of(*command, options_.restricted_to)) {
      if (access(one.c_str(), X_OK) == 0) continue;
      return std::unexpected("smrsh: \"" + printable(one.substr(one.rfind('/') + 1)) +
                             "\" not available for sendmail programs");
    }
    return command;
  }

  LocalResult to_program(const Rights& rights) {
    const auto command = allowed_command();
    if (!command) {
      auto result = refused("5.0.0", "Service unavailable", false);
      result.output = result.remark = command.error();
      return result;
    }
    std::vector<std::string> arguments;
    for (const auto word : words(options_.program.arguments)) {
      arguments.push_back(word == "$u" ? *command : std::string(word));
    }
    return run_mailer("prog", options_.program, std::move(arguments), rights);
  }

  // The program decides which mailbox it is.
  LocalResult to_local_program(const ProgramMailer& mailer, const Rights& rights) {
    return run_with_arguments("local", mailer, {.user = rights.name, .host = detail()}, rights);
  }

  // The engine names a mailer, its host and user, and nothing of what is run: that stands in our
  // own configuration (decision 0034).
  LocalResult to_site_mailer() {
    const auto mailer = std::ranges::find(options_.mailers, head_.mailer, &SiteMailer::name);
    if (mailer == options_.mailers.end()) {
      return refused("4.3.5", "there is no mailer " + printable(head_.mailer), true);
    }
    const Rights rights = daemon::rights_of(mailer->user);
    if (!become(rights)) return refused("4.3.0", "cannot become the user of the mailer", true);
    return run_with_arguments(mailer->name, mailer->program,
                              parts_for(mailer->program, head_.host, head_.user), rights);
  }

  LocalResult run_with_arguments(std::string_view name, const ProgramMailer& mailer,
                                 MailerParts parts, const Rights& rights) {
    parts.sender = head_.sender;
    parts.own_host = options_.host;
    parts.own_nick = options_.nick;
    auto arguments = mailer_arguments(mailer, parts);
    if (!arguments) {
      return refused("5.1.3", "an address that begins with - would be an option of the program",
                     false);
    }
    return run_mailer(name, mailer, std::move(*arguments), rights);
  }

  LocalResult run_mailer(std::string_view name, const ProgramMailer& mailer,
                         std::vector<std::string> arguments, const Rights& rights) {
    auto given = letter();
    mailbox::Program program;
    program.path = mailer.path;
    program.arguments = std::move(arguments);
    program.environment = environment(rights);
    for (const auto folder : split(mailer.folders, ':')) {
      if (folder != "$z") program.folders.emplace_back(folder);
      if (folder == "$z" && !rights.home.empty()) program.folders.push_back(rights.home);
    }
    if (!mailer.has('n')) program.form.from_line = from_line_of(options_.from_line, given);
    program.form.return_path = mailer.has('P');
    program.form.quoted = mailer.has('E');
    program.patience = kProgramPatience;
    program.client = socket_;
    limit_patience(socket_, kProgramPatience);
    alarm(static_cast<unsigned>(kProgramPatience.count()) + kLongestLetter);
    auto end = mailbox::run_program(program, given);
    if (!end) return refused("4.3.0", end.error().what, true);
    auto meaning =
        mailbox::meaning_of_exit(*end, std::string(name) + " mailer (" + mailer.path + ")");
    auto result = meaning.words.empty() ? sent()
                                        : refused(std::move(meaning.status),
                                                  std::move(meaning.words), meaning.temporary);
    result.output = printable_lines(end->output);
    return result;
  }

  const int socket_;
  const AgentOptions& options_;
  LetterHead head_;
  bool ended_well_ = false;
};

}  // namespace

void serve_letter(Fd socket, const AgentOptions& options) {
  alarm(kLongestLetter);  // never outlives its use
  limit_patience(socket.get(), kAgentPatience);
  const auto result = Child(socket.get(), options).run();
  const bool told = send_answer(socket.get(), result).has_value();
  _exit(told ? 0 : 1);
}

}  // namespace signet::daemon
