// The text of an alias file (/etc/aliases), and the right side of one entry. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace signet::policy {

struct AliasEntry {
  std::string name;   // the key: lower case, without a domain and without needless quotes
  std::string value;  // lines of continuation joined
  std::size_t line = 0;
};
struct AliasFault {
  std::size_t line = 0;
  std::string what;
};
struct AliasText {
  std::vector<AliasEntry> entries;
  std::vector<AliasFault> faults;  // lines that were passed over
};
// Entries are "name: members"; '#' in the first column begins a comment, a blank there goes on with
// the entry above. A name may have a domain of this host.
using IsLocalDomain = std::function<bool(std::string_view domain)>;  // in lower case
[[nodiscard]] AliasText parse_alias_text(std::string_view text, const IsLocalDomain& is_local);

struct AliasMember {
  enum class Kind {
    address,  // "bob", "bob@example.org"
    final,    // "\bob": no alias is looked for
    program,  // "|command": text is the command
    file,     // "/path"
    include,  // ":include:/path": text is the path
  };
  Kind kind = Kind::address;
  std::string text;
  bool operator==(const AliasMember&) const = default;
};
inline constexpr std::size_t kEveryMember = std::numeric_limits<std::size_t>::max();
// Members are parted by commas outside quotes, comments in parentheses and <>. An error says why
// the list is none. Reads no more than `most`.
[[nodiscard]] std::expected<std::vector<AliasMember>, std::string> parse_alias_members(
    std::string_view value, std::size_t most = kEveryMember);

struct MemberText {
  std::vector<AliasMember> members;
  std::vector<AliasFault> faults;  // lines that were passed over, the first ones
};
// A list of :include:, or a .forward file: members line by line; a '#' in the first column begins a
// comment. Reads no more than `most`.
[[nodiscard]] MemberText parse_member_text(std::string_view text, std::size_t most = kEveryMember);

}  // namespace signet::policy
