#include "table/regex_table.h"

#include <regex.h>

#include <array>
#include <utility>

#include "signet/base/text.h"

namespace signet::table {
namespace {

constexpr std::size_t kMostParts = 10;     // the whole, and nine parts
constexpr std::size_t kLongestKey = 4096;  // no address or name is so long; matching takes stack

struct Pattern {
  Pattern() = default;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() {
    if (compiled) ::regfree(&expression);
  }

  [[nodiscard]] std::string error(int code) const {
    std::array<char, 128> why{};
    ::regerror(code, &expression, why.data(), why.size());
    return why.data();
  }

  regex_t expression{};
  bool compiled = false;
};

class RegexTable final : public Table {
 public:
  RegexTable(Spec spec, std::unique_ptr<const Pattern> pattern)
      : spec_(std::move(spec)), name_("regex:" + spec_.file), pattern_(std::move(pattern)) {}
  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view key) const override;
  [[nodiscard]] std::string_view name() const override { return name_; }

 private:
  using Matches = std::array<regmatch_t, kMostParts>;
  [[nodiscard]] std::string parts_of(const std::string& key, const Matches& matches) const;

  const Spec spec_;
  const std::string name_;
  const std::unique_ptr<const Pattern> pattern_;
};

Result<std::optional<std::string>> RegexTable::find(std::string_view key) const {
  if (key.size() > kLongestKey) return temporary(name_ + ": the key is too long");
  const std::string whole(key.substr(0, key.find('\0')));
  Matches matches{};
  const std::size_t wanted = spec_.regex.takes_parts ? matches.size() : 0;
  const int code = ::regexec(&pattern_->expression, whole.c_str(), wanted, matches.data(), 0);
  if (code != 0 && code != REG_NOMATCH) return temporary(name_ + ": " + pattern_->error(code));
  const bool matched = code == 0;
  if (matched == spec_.regex.no_match) return std::nullopt;
  std::string answer;
  if (spec_.match_only) {
    answer = key;
  } else if (matched && spec_.regex.takes_parts) {
    answer = parts_of(whole, matches);
  }
  return answer + spec_.append;
}

// What a part did not match is empty.
std::string RegexTable::parts_of(const std::string& key, const Matches& matches) const {
  std::string text;
  bool first = true;
  for (const int part : spec_.regex.parts) {
    if (!std::exchange(first, false)) text += spec_.regex.joint;
    const auto& match = matches[static_cast<std::size_t>(part)];
    if (match.rm_so < 0) continue;
    text.append(key, static_cast<std::size_t>(match.rm_so),
                static_cast<std::size_t>(match.rm_eo - match.rm_so));
  }
  return text;
}

}  // namespace

Result<std::shared_ptr<const Table>> make_regex_table(const Spec& spec) {
  auto pattern = std::make_unique<Pattern>();
  const int flags = (spec.regex.basic ? 0 : REG_EXTENDED) | (spec.keep_case ? 0 : REG_ICASE) |
                    (spec.regex.takes_parts ? 0 : REG_NOSUB);
  const std::string what = "regex " + printable(spec.file);
  const int code = ::regcomp(&pattern->expression, spec.file.c_str(), flags);
  if (code != 0) return permanent(what + ": " + pattern->error(code));
  pattern->compiled = true;
  Spec own = spec;
  const std::size_t there = pattern->expression.re_nsub;
  if (own.regex.takes_parts && own.regex.parts.empty()) {
    for (std::size_t i = 0; i <= there && i < kMostParts; ++i) {
      own.regex.parts.push_back(static_cast<int>(i));
    }
  }
  for (const int part : own.regex.parts) {
    if (part < 0 || static_cast<std::size_t>(part) > there) {
      return permanent(what + ": it has only " + std::to_string(there) + " parts");
    }
    if (static_cast<std::size_t>(part) >= kMostParts) return permanent(what + ": too many parts");
  }
  return std::make_shared<RegexTable>(std::move(own), std::move(pattern));
}

}  // namespace signet::table
