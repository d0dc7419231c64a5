#include "agent/evidence.h"

#include <fnmatch.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "signet/agent/lesser_child.h"
#include "signet/conf/macros.h"
#include "signet/policy/aliases.h"

namespace signet::agent {
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

// What DNS says anybody may have said: it names users only.
void leave_out_dns(table::Spec& map) {
  std::erase_if(map.maps, [](const table::Spec& one) { return one.type == "dns"; });
  for (auto& one : map.maps) leave_out_dns(one);
}

}  // namespace

Result<mailbox::ListFile> read_in_time(const std::string& path, const mailbox::FileTrust& trust,
                                       std::optional<uid_t> owner, std::chrono::seconds patience) {
  const auto before = alarm(static_cast<unsigned>(patience.count()));
  auto file = mailbox::read_list_file(path, trust, owner);
  alarm(before);
  return file;
}

Evidence::Evidence(const LetterHead& head, const Options& options)
    : head_(head), options_(options) {}

// Servers are asked by who has no rights.
Evidence::Found Evidence::ask(const table::Spec& map, const std::string& key) const {
  if (map.type == "dns") return std::nullopt;
  auto own = map;
  leave_out_dns(own);
  const auto table = table::open_table(own);
  if (!table) return std::unexpected(table.error());
  if (!(*table)->waits()) return (*table)->find(key);
  constexpr char kFound = '=';
  auto heard = ask_as(
      options_.asker,
      [&]() -> Result<std::string> {
        auto found = (*table)->find(key);
        if (!found) return std::unexpected(std::move(found).error());
        return *found ? kFound + **found : std::string();
      },
      options_.file_patience);
  if (!heard) return std::unexpected(std::move(heard).error());
  if (heard->empty()) return std::nullopt;
  return heard->substr(1);
}

Result<void> Evidence::ask_aliases() {
  const auto& key = is_of_alias() ? head_.alias : head_.list_alias;
  if (key.empty()) return {};
  for (const auto& map : options_.aliases) {
    const auto value = ask(map, key);
    if (!value) return std::unexpected(value.error());
    if (!*value) continue;
    auto members = policy::parse_alias_members(**value, policy::kMostMembers + 1);
    if (members) members_ = std::move(*members);
    return {};
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
  auto wanted = wanted_by(head_);
  if (is_of_alias()) return holds(members_, wanted);
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
    if (!file) return false;
    const auto read = policy::parse_member_text(file->text, policy::kMostListMembers + 1);
    if (!holds(read.members, wanted)) return false;
    // What a file names has the rights of its owner; of root's, those of DefaultUser, or of the
    // user whose own .forward file led there.
    const bool owned = file->owner == geteuid() || file->owner == 0;
    if (std::exchange(last, false) && !owned) return false;
    if (forward) return true;
    wanted = {AliasMember::Kind::include, *path};
    if (holds(members_, wanted)) {
      return file->owner != 0 || head_.user.empty() || file->owner == geteuid();
    }
  }
  return false;
}

}  // namespace signet::agent
