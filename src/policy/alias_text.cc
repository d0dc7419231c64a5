#include "signet/policy/alias_text.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::policy {
namespace {

constexpr std::size_t kLongestMember = 2048;
constexpr std::size_t kMostFaults = 10;  // of a list that are told
constexpr std::string_view kInclude = ":include:";

// Position of the character outside quotes; npos: none. A backslash takes the next one along.
std::size_t find_unquoted(std::string_view text, char wanted) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == wanted && !quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

// Reads one entry after another; a faulty line takes the lines that continue it along.
class AliasReader final {
 public:
  explicit AliasReader(const IsLocalDomain& is_local) : is_local_(is_local) {}

  void take(std::string_view line) {
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) return go_on(line);
    state_ = State::none;
    if (line.empty() || line.front() == '#') return;
    begin(line);
  }
  [[nodiscard]] AliasText finish() {
    for (auto& entry : text_.entries) {
      entry.value.erase(0, std::min(entry.value.find_first_not_of(" \t"), entry.value.size()));
    }
    std::erase_if(text_.entries, [this](const AliasEntry& entry) {
      if (!entry.value.empty()) return false;
      text_.faults.push_back({entry.line, entry.name + ":... missing value for alias"});
      return true;
    });
    return std::move(text_);
  }

 private:
  enum class State { none, entry, faulty };

  void go_on(std::string_view line) {
    if (state_ == State::entry) {
      text_.entries.back().value += line;
    } else if (state_ == State::none && !trim(line).empty()) {
      fault("Non-continuation line starts with space");
    }
  }
  void begin(std::string_view line) {
    const auto colon = find_unquoted(line, ':');
    if (colon == std::string_view::npos) return fault("missing colon");
    const auto given = trim(line.substr(0, colon));
    const auto address = mail::parse_address(given);
    if (given.empty() || !address) return fault("illegal alias name");
    // Only what is delivered here has an alias.
    if (!address->domain.empty() && !is_local_(address->domain_key()))
      return fault(std::string(given) + "... cannot alias non-local names");
    text_.entries.push_back({.name = to_lower(mail::plain_local_part(address->local)),
                             .value = std::string(line.substr(colon + 1)),
                             .line = number_});
    state_ = State::entry;
  }
  void fault(const std::string& what) {
    text_.faults.push_back({number_, what});
    state_ = State::faulty;
  }

  const IsLocalDomain& is_local_;
  AliasText text_;
  std::size_t number_ = 0;
  State state_ = State::none;
};

// Cuts the list into members; parts in parentheses are dropped. Stops behind `most`.
std::expected<std::vector<std::string>, std::string> cut_members(std::string_view value,
                                                                 std::size_t most) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  bool angle = false;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < value.size() && parts.size() <= most; ++i) {
    const char c = value[i];
    // A program that is not quoted goes on to the comma, whatever stands in it.
    const bool plain = quoted || parts.back().starts_with('|');
    if (c == '\\' && i + 1 < value.size()) {
      if (depth == 0) parts.back() += {c, value[i + 1]};
      ++i;
    } else if (c == '"' && depth == 0) {
      quoted = !quoted;
      parts.back() += c;
    } else if (c == '(' && !plain) {
      ++depth;
    } else if (c == ')' && !plain) {
      if (depth-- == 0) return std::unexpected("Unbalanced ')'");
    } else if (depth > 0 || (parts.back().empty() && trim(value.substr(i, 1)).empty())) {
      continue;  // a comment, or a blank before the member
    } else if (c == ',' && !quoted && !angle) {
      if (!parts.back().empty()) parts.emplace_back();
    } else {
      if (!plain && c == '<') angle = true;
      if (!plain && c == '>') angle = false;
      parts.back() += c;
    }
  }
  if (quoted) return std::unexpected("Unbalanced '\"'");
  if (depth > 0) return std::unexpected("Unbalanced '('");
  if (angle) return std::unexpected("Unbalanced '<'");
  return parts;
}

// "Full Name <bob@example.org>" is the address in brackets.
std::string_view in_angles(std::string_view text) {
  const auto open = find_unquoted(text, '<');
  if (open == std::string_view::npos) return text;
  const auto close = text.find('>', open);
  return trim(text.substr(open + 1, close - open - 1));
}

std::optional<AliasMember> to_member(std::string_view part) {
  using enum AliasMember::Kind;
  const std::string open = mail::unquoted(part);
  if (open.starts_with('|')) return AliasMember{program, std::string(trim(open.substr(1)))};
  if (istarts_with(open, kInclude)) {
    const auto path = trim(std::string_view(open).substr(kInclude.size()));
    if (!path.starts_with('/')) return std::nullopt;
    return AliasMember{include, std::string(path)};
  }
  if (open.starts_with('/') && open.find('@') == std::string::npos) return AliasMember{file, open};
  auto mailbox = in_angles(part);
  const bool is_final = mailbox.starts_with('\\');
  if (is_final) mailbox.remove_prefix(1);
  if (!mail::parse_address(mailbox)) return std::nullopt;
  return AliasMember{is_final ? final : address, mail::plain_address(mailbox)};
}

}  // namespace

AliasText parse_alias_text(std::string_view text, const IsLocalDomain& is_local) {
  AliasReader reader(is_local);
  for (const auto line : split(text, '\n')) reader.take(line);
  return reader.finish();
}

std::expected<std::vector<AliasMember>, std::string> parse_alias_members(std::string_view value,
                                                                         std::size_t most) {
  auto parts = cut_members(value, most);
  if (!parts) return std::unexpected(std::move(parts).error());
  std::vector<AliasMember> members;
  for (const auto& part : *parts) {
    const auto text = trim(part);
    if (text.empty()) continue;
    auto member = text.size() > kLongestMember ? std::nullopt : to_member(text);
    if (!member) return std::unexpected("no address: " + printable(text, 80));
    members.push_back(std::move(*member));
  }
  if (members.empty()) return std::unexpected("no address in the list");
  return members;
}

MemberText parse_member_text(std::string_view text, std::size_t most) {
  MemberText result;
  for (std::size_t number = 1; !text.empty() && result.members.size() < most; ++number) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with('#') || trim(line).empty()) continue;
    auto members = parse_alias_members(line, most - result.members.size());
    if (members) {
      std::ranges::move(*members, std::back_inserter(result.members));
    } else if (result.faults.size() < kMostFaults) {
      result.faults.push_back({number, std::move(members).error()});
    }
  }
  return result;
}

}  // namespace signet::policy
