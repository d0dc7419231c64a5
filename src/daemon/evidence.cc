#include "daemon/evidence.h"

#include <fnmatch.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "signet/conf/macros.h"
#include "signet/db/map.h"
#include "signet/policy/alias_text.h"

namespace signet::daemon {
namespace {

using policy::AliasMember;

AliasMember wanted_by(const LetterHead& head) {
  switch (head.kind) {
    case mail::Recipient::Kind::program:
      return {AliasMember::Kind::program, head.target};
    case mail::Recipient::Kind::file:
      return {AliasMember::Kind::file, head.target};
    case mail::Recipient::Kind::list:
    case mail::Recipient::Kind::address:
    case mail::Recipient::Kind::mailbox:
    case mail::Recipient::Kind::alias:
      break;
  }
  return {AliasMember::Kind::include, head.target};
}

bool holds(const std::vector<AliasMember>& members, const AliasMember& wanted) {
  return std::ranges::find(members, wanted) != members.end();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Result<mailbox::ListFile> read_in_time(const std::string& path, const mailbox::FileTrust& trust,
                                       std::optional<uid_t> owner, std::chrono::seconds patience) {
  const auto before = alarm(static_cast<unsigned>(patience.count()));
  auto file = mailbox::read_list_file(path, trust, owner);
  alarm(before);
  return file;
}

Evidence::Evidence(const LetterHead& head, const AgentOptions& options)
    : head_(head), options_(options) {}

Result<void> Evidence::ask_aliases() {
  const auto wanted = wanted_by(head_);
  for (const auto& spec : options_.aliases) {
    const auto kind = spec.type == "btree" ? db::Kind::btree : db::Kind::hash;
    const auto map = db::Map::open(spec.file + ".db", kind);
    if (!map && map.error().system_code == ENOENT) continue;
    if (!map) return std::unexpected(map.error());
    if (is_of_alias()) {
      const auto value = (*map)->find(head_.alias);
      if (!value) return std::unexpected(value.error());
      if (!*value) continue;
      const auto members = policy::parse_alias_members(**value);
      alias_names_it_ = members && holds(*members, wanted);
      return {};
    }
    auto read = (*map)->for_each([this](std::string_view, std::string_view value) {
      const auto members = policy::parse_alias_members(value);
      for (const auto& member : members.value_or(std::vector<AliasMember>())) {
        if (member.kind == AliasMember::Kind::include) lists_of_aliases_.insert(member.text);
      }
      return true;
    });
    if (!read) return read;
  }
  return {};
}

// Of a user who is named; of users without a number of their own any.
bool Evidence::is_forward_path(const std::string& path) const {
  if (path.find("/../") != std::string::npos) return false;
  const passwd* entry = head_.user.empty() ? nullptr : getpwuid(geteuid());
  return std::ranges::any_of(options_.forward_paths, [&](const std::string& form) {
    bool good = true;
    const auto pattern =
        conf::expand(form, [&](std::string_view name) -> std::optional<std::string> {
          if (name == "h") return "*";
          if (name == "u") return head_.user.empty() ? "*" : conf::literal(escaped(head_.user));
          if (name == "w") return escaped(options_.nick);
          if (name == "j") return escaped(options_.host);
          if (name == "z" && entry != nullptr) return escaped(entry->pw_dir);
          good = false;
          return std::nullopt;
        });
    return good && fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
  });
}

Result<bool> Evidence::is_named() const {
  if (is_of_alias()) return alias_names_it_;
  auto wanted = wanted_by(head_);
  const bool reads = head_.kind == mail::Recipient::Kind::list;
  const auto& forward_trust = reads ? options_.forward_trust : options_.safe_forward_trust;
  const auto& list_trust = reads ? options_.list_trust : options_.safe_list_trust;
  bool last = true;
  for (auto path = head_.files.rbegin(); path != head_.files.rend(); ++path) {
    const bool forward = is_forward_path(*path);
    const auto file =
        read_in_time(*path, forward ? forward_trust : list_trust,
                     forward ? std::optional(geteuid()) : std::nullopt, options_.file_patience);
    if (!file && file.error().kind == ErrorKind::temporary) return std::unexpected(file.error());
    if (!file || !holds(policy::parse_member_text(file->text).members, wanted)) return false;
    const bool of_alias = lists_of_aliases_.contains(*path);
    // What a file names has the rights of its owner; of root's, those of DefaultUser, or of the
    // user whose own .forward file led there.
    const bool owned = file->owner == geteuid() || file->owner == 0;
    if (std::exchange(last, false) && !owned) return false;
    if (forward) return true;
    if (of_alias) return file->owner != 0 || head_.user.empty() || file->owner == geteuid();
    wanted = {AliasMember::Kind::include, *path};
  }
  return false;
}

}  // namespace signet::daemon
