#include "agent/child.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/evidence.h"
#include "agent/forward_files.h"
#include "agent/programs.h"
#include "signet/base/frames.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::agent {
namespace {

using deliver::LocalResult;

class Child final {
 public:
  explicit Child(HeldLetter& letter)
      : letter_(letter), options_(letter.options), head_(letter.head) {}

  LocalResult run() {
    if (!head_.mailer.empty()) return to_site_mailer(letter_);
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
    auto result =
        head_.kind == mail::Recipient::Kind::program ? to_command(letter_, *rights) : to_file();
    result.ids = rights->ids();
    return result;
  }

 private:
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
      auto found = find_forward(options_, *owner, detail(), remark);
      if (!found) return refused("4.3.0", found.error().what, true);
      if (*found) return {.remark = std::move(remark), .members = std::move(*found)};
    }
    if (by_program ? !become(rights) : !become_recipient(*owner, options_.mailbox_directory)) {
      return refused("4.3.0", "cannot become the recipient", true);
    }
    if (by_program) {
      auto result = to_local_program(letter_, *options_.local_program, detail(), rights);
      result.remark = std::move(remark);
      return result;
    }
    mailbox::Place place;
    place.format = options_.format == conf::MailboxFormat::mbox ? mailbox::Format::mbox
                                                                : mailbox::Format::maildir;
    place.path = options_.mailbox_directory + "/" + owner->mailbox;
    auto result = result_of(mailbox::deliver(place, letter_.content()), "4.2.0", "5.2.0");
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
    return std::string(mail::split_detail(head_.user).detail.value_or(""));
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
    place.form = {.from_line = letter_.from_line(), .return_path = true, .quoted = true};
    auto result = result_of(mailbox::deliver_file(place, letter_.content()), "4.2.0", "5.0.0");
    if (!result.delivered && !result.temporary) {
      result.remark = std::exchange(result.reason, "Can't create output");
    }
    return result;
  }

  HeldLetter& letter_;
  const Options& options_;
  const LetterHead& head_;
};

LocalResult serve(int socket, const Options& options) {
  auto head = receive_head(socket);
  if (!head) return refused("4.3.0", head.error().what, true);
  umask(077);
  HeldLetter letter{socket, options, std::move(*head)};
  return Child(letter).run();
}

}  // namespace

void serve_letter(Fd socket, const Options& options) {
  alarm(kLongestLetter);  // never outlives its use
  limit_patience(socket.get(), kAgentPatience);
  const auto result = serve(socket.get(), options);
  const bool told = send_answer(socket.get(), result).has_value();
  _exit(told ? 0 : 1);
}

}  // namespace signet::agent
