// Rewriting rules that say no more than one of our macros would: for the message that refuses them.
// Checks of header fields, senders and recipients by a text, a class or a regex map; addresses that
// become others. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/cf_lines.h"

namespace signet::conf {

class RuleIdioms final {
 public:
  // All lines of the cf: what rules refer to may stand behind them.
  explicit RuleIdioms(std::span<const CfLine> lines);

  // The field whose H line calls the ruleset; empty: none does.
  [[nodiscard]] std::string header_of(std::string_view ruleset) const;
  // "HEADER_CHECK(`Subject', `^ILOVEYOU$', `553 no')": a macro for each rule in their order, up to
  // the first that is not understood; empty: none that refuses is. `first` is the line of the
  // ruleset, "Scheck_subject".
  [[nodiscard]] std::string macros_for(std::span<const CfLine> lines, std::size_t first) const;

 private:
  struct RegexMap {
    std::string pattern;
    std::string token;  // -a
  };
  void take_map(std::string_view text);
  enum class Subject { field, address, parts_of_address };
  // False: not understood.
  bool expand(std::string_view& text, std::string& pattern, Subject subject) const;
  [[nodiscard]] std::string pattern_of(std::string_view left, Subject subject) const;
  [[nodiscard]] std::string replacement_of(std::string_view right) const;
  [[nodiscard]] std::string rewrites_for(std::span<const CfLine> lines, std::size_t first,
                                         std::span<const std::string_view> macros) const;
  [[nodiscard]] std::string action_of(std::string_view right) const;

  std::map<std::string, std::string, std::less<>> headers_;  // ruleset, lower case, to field
  std::map<std::string, std::string, std::less<>> macros_;
  std::map<std::string, std::vector<std::string>, std::less<>> classes_;
  std::map<std::string, RegexMap, std::less<>> maps_;
};

}  // namespace signet::conf
