#include "conf/rule_idioms.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

constexpr std::size_t kMostMembers = 50;      // of a class in a pattern
constexpr std::size_t kLongestAdvice = 1500;  // of all macros of a ruleset

struct Rule {
  std::string_view left;
  std::string_view right;
};

// R lhs TAB rhs TAB comment; where a continuation has eaten the tab, the rhs begins with $# $@ $:.
Rule parse_rule(std::string_view line) {
  line.remove_prefix(1);
  auto end = line.find('\t');
  if (end == std::string_view::npos) {
    for (const std::string_view begin : {" $#", " $@", " $:"})
      end = std::min(end, line.find(begin));
  }
  if (end == std::string_view::npos) return {trim(line), {}};
  const auto rest = trim(line.substr(end));
  return {trim(line.substr(0, end)), trim(rest.substr(0, rest.find('\t')))};
}

// "x" or "{name}" at the start, taken away.
std::string_view take_rule_name(std::string_view& text) {
  const bool braced = text.starts_with('{');
  const auto end = braced ? text.find('}') : std::size_t{0};
  if (text.empty() || end == std::string_view::npos) return {};
  const auto name = braced ? text.substr(1, end - 1) : text.substr(0, 1);
  text.remove_prefix(end + 1);
  return name;
}

void append_literal(std::string& pattern, std::string_view text) {
  for (const char c : text) {
    if (std::string_view("\\.^$|()[]{}*+?").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
}

// "$( name $1 $)", "$(name $&{currHeader} $)": the map that is asked for the whole workspace.
std::string_view asked_map(std::string_view right) {
  if (right.starts_with("$:")) right = trim(right.substr(2));
  if (!right.starts_with("$(") || !right.ends_with("$)")) return {};
  const auto inside = words(right.substr(2, right.size() - 4));
  if (inside.size() != 2) return {};
  return inside[1] == "$1" || inside[1] == "$&{currHeader}" ? inside[0] : std::string_view();
}

// What is looked at stays as it is: an address in its canonical form, a note in a macro map.
bool keeps_workspace(std::string_view right) {
  if (!right.starts_with("$:")) return false;
  right = trim(right.substr(2));
  if (right.starts_with("$(")) return right.ends_with("$) $1");
  for (const std::string_view step : {"$>Parse0", "$>canonify", "$>3"}) {
    if (right.starts_with(step)) right = trim(right.substr(step.size()));
  }
  return right == "$1";
}

// A regex map sees "user<@host.>"; our patterns see "user@host".
std::string plain_address_pattern(std::string pattern) {
  const auto replace = [&](std::string_view from, std::string_view to) {
    for (auto at = pattern.find(from); at != std::string::npos; at = pattern.find(from, at)) {
      pattern.replace(at, from.size(), to);
      at += to.size();
    }
  };
  replace("[^<]", "[^@]");
  replace("<@", "@");
  for (const std::string_view end : {"\\.?>", ">"}) {
    if (pattern.ends_with(end)) pattern.replace(pattern.size() - end.size(), end.size(), "$");
  }
  return pattern;
}

std::string_view macro_of_ruleset(std::string_view name) {
  for (const std::string_view begin : {"", "Local_"}) {
    if (iequals(name, std::string(begin) + "check_mail")) return "SENDER_PATTERN";
    if (iequals(name, std::string(begin) + "check_rcpt")) return "RECIPIENT_PATTERN";
  }
  return {};
}

// Of the sections whose rules change addresses, and of the rulesets of mailers.
std::vector<std::string_view> rewriting_macros_of(std::string_view name) {
  if (name == "LOCAL_RULE_1" || name.starts_with("EnvFrom") || name.starts_with("HdrFrom")) {
    return {"REWRITE_SENDER"};
  }
  if (name == "LOCAL_RULE_2" || name.starts_with("EnvTo")) return {"REWRITE_RECIPIENT"};
  if (name == "LOCAL_RULE_3") return {"REWRITE_SENDER", "REWRITE_RECIPIENT"};
  return {};
}

std::string_view name_of_ruleset(std::string_view line) {
  line = trim(line.substr(1));
  return line.substr(0, line.find_first_of("= \t"));
}

}  // namespace

RuleIdioms::RuleIdioms(std::span<const CfLine> lines) {
  for (const auto& line : lines) {
    std::string_view text = line.text;
    const char letter = text.front();
    text.remove_prefix(1);
    if (letter == 'D') {
      const auto name = take_rule_name(text);
      macros_.insert_or_assign(std::string(name), std::string(trim(text)));
    } else if (letter == 'C') {
      auto& members = classes_[std::string(take_rule_name(text))];
      for (const auto word : words(text)) members.emplace_back(word);
    } else if (letter == 'K') {
      take_map(text);
    } else if (letter == 'H') {
      const auto colon = text.find(':');
      const auto call = text.find("$>");
      if (colon == std::string_view::npos || call == std::string_view::npos || call < colon)
        continue;
      auto name = trim(text.substr(call + 2));
      if (name.starts_with('+')) name = trim(name.substr(1));
      headers_.insert_or_assign(to_lower(name), std::string(trim(text.substr(0, colon))));
    }
  }
}

// NAME regex -aTOKEN [-f] [-n] PATTERN
void RuleIdioms::take_map(std::string_view text) {
  const auto parts = words(text);
  if (parts.size() < 3 || !iequals(parts[1], "regex")) return;
  RegexMap map;
  std::size_t i = 2;
  for (; i < parts.size() && parts[i].starts_with('-'); ++i) {
    if (parts[i].starts_with("-a")) {
      map.token = parts[i].substr(2);
    } else if (parts[i] == "-f") {
      map.pattern += "(?-i)";
    } else if (parts[i] == "-n") {
      map.pattern.insert(0, "!");
    } else {
      return;
    }
  }
  if (i >= parts.size()) return;
  map.pattern += text.substr(static_cast<std::size_t>(parts[i].data() - text.data()));
  maps_.insert_or_assign(std::string(parts[0]), std::move(map));
}

std::string RuleIdioms::header_of(std::string_view ruleset) const {
  const auto found = headers_.find(to_lower(ruleset));
  return found == headers_.end() ? std::string() : found->second;
}

// What begins with $ at the start of `text`.
bool RuleIdioms::expand(std::string_view& text, std::string& pattern, Subject subject) const {
  const bool parts = subject == Subject::parts_of_address;
  const auto open = [&] { pattern += parts ? "(" : ""; };
  const auto close = [&] { pattern += parts ? ")" : ""; };
  text.remove_prefix(1);
  if (text.starts_with('&')) text.remove_prefix(1);
  if (text.empty()) return false;
  const char what = text.front();
  constexpr std::string_view kOne = "[^ .@<>]+";  // a token
  if (what == '*' || what == '+' || what == '-' || what == '@') {
    text.remove_prefix(1);
    if (what == '@') return true;
    open();
    pattern += what == '*' ? ".*" : what == '+' ? ".+" : kOne;
    close();
    return true;
  }
  if (what == '=') {
    text.remove_prefix(1);
    const auto found = classes_.find(take_rule_name(text));
    if (found == classes_.end() || found->second.size() > kMostMembers) return false;
    std::string_view between = "(";
    for (const auto& member : found->second) {
      pattern += std::exchange(between, "|");
      append_literal(pattern, member);
    }
    pattern += ')';
    return !found->second.empty();
  }
  const auto found = macros_.find(take_rule_name(text));
  if (found == macros_.end() || found->second.find('$') != std::string::npos) return false;
  for (const char c : found->second) {
    if (c != '\\' && (subject == Subject::field || (c != '<' && c != '>')))
      append_literal(pattern, {&c, 1});
  }
  return true;
}

// The left side as a regular expression; empty: not understood.
std::string RuleIdioms::pattern_of(std::string_view left, Subject subject) const {
  const bool address = subject != Subject::field;
  std::string pattern;
  const auto blank = [](char c) { return c == ' '; };
  while (!left.empty()) {
    const char c = left.front();
    if (c == '$') {
      if (!expand(left, pattern, subject)) return {};
      while (!left.empty() && blank(left.front())) left.remove_prefix(1);
      continue;
    }
    left.remove_prefix(1);
    if (blank(c)) {
      if (address) continue;  // they only part its tokens
      const char next = left.empty() ? ' ' : left.front();
      const bool before_wild =
          next == '$' && left.size() > 1 && std::string_view("*+-@=").find(left[1]) != left.npos;
      const bool beside = pattern.empty() || pattern.ends_with('<') || pattern.ends_with('@') ||
                          before_wild || std::string_view(" <>@").find(next) != left.npos;
      if (!beside) pattern += ' ';
    } else if (address && (c == '<' || c == '>')) {
      if (c == '>' && pattern.ends_with("\\.")) pattern.resize(pattern.size() - 2);
    } else if (c == '`' || c == '\'') {
      return {};  // no argument of m4
    } else {
      append_literal(pattern, {&c, 1});
    }
  }
  const bool open_begin = pattern.starts_with(".*");
  if (open_begin) pattern.erase(0, 2);
  const bool open_end = pattern.ends_with(".*");
  if (open_end) pattern.resize(pattern.size() - 2);
  if (pattern.empty()) return "^";
  return fmt::format("{}{}{}", open_begin ? "" : "^", pattern, open_end ? "" : "$");
}

// The right side as an action; empty: it does something else.
std::string RuleIdioms::action_of(std::string_view right) const {
  if (right.starts_with("$@")) {
    const auto result = trim(right.substr(2));
    return result.find('$') == std::string_view::npos ? "OK" : "";
  }
  if (!right.starts_with("$#")) return {};
  right = trim(right.substr(2));
  if (istarts_with(right, "discard")) return "DISCARD";
  if (iequals(right, "OK")) return "OK";
  if (!istarts_with(right, "error")) return {};
  const auto colon = right.find("$:");
  if (colon == std::string_view::npos) return {};
  std::string text;
  for (auto rest = trim(right.substr(colon + 2)); !rest.empty();) {
    if (rest.front() != '$') {
      if (rest.front() != '"') text += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(1);
    const auto found = macros_.find(take_rule_name(rest));
    if (found == macros_.end() || found->second.find('$') != std::string::npos) return {};
    text += found->second;
  }
  if (text.find_first_of("`'") != std::string::npos) return {};
  const auto status = right.substr(0, colon);
  const auto at = status.find("$@");
  if (at == std::string_view::npos) return text;
  const std::string code(trim(status.substr(at + 2)));
  // "550 5.7.1 text" says it itself.
  if (text.find(code) != std::string::npos) return text;
  return code.find('.') == std::string::npos ? text : fmt::format("ERROR:{}:{}", code, text);
}

// The right side as an address with \1 for $1; empty: it does something else.
std::string RuleIdioms::replacement_of(std::string_view right) const {
  if (right.starts_with("$:") || right.starts_with("$@")) right.remove_prefix(2);
  std::string text;
  while (!right.empty()) {
    const char c = right.front();
    right.remove_prefix(1);
    if (c == '>' && text.ends_with('.')) text.pop_back();
    if (c == ' ' || c == '<' || c == '>') continue;
    if (c == '`' || c == '\'' || c == '\\') return {};
    if (c != '$') {
      text += c;
      continue;
    }
    if (right.empty()) return {};
    if (right.front() >= '1' && right.front() <= '9') {
      text += '\\';
      text += right.front();
      right.remove_prefix(1);
      continue;
    }
    const auto found = macros_.find(take_rule_name(right));
    if (found == macros_.end() || found->second.find('$') != std::string::npos) return {};
    text += found->second;
  }
  return text.contains('@') ? text : std::string();
}

std::string RuleIdioms::rewrites_for(std::span<const CfLine> lines, std::size_t first,
                                     std::span<const std::string_view> macros) const {
  std::string advice;
  for (std::size_t i = first + 1; i < lines.size() && lines[i].text.front() == 'R'; ++i) {
    const auto [left, right] = parse_rule(lines[i].text);
    const auto pattern = pattern_of(left, Subject::parts_of_address);
    const auto replacement = replacement_of(right);
    if (pattern.empty() || replacement.empty()) break;
    for (const auto macro : macros) {
      advice +=
          fmt::format("{}{}(`{}', `{}')", advice.empty() ? "" : " ", macro, pattern, replacement);
    }
    if (advice.size() > kLongestAdvice) return advice.substr(0, kLongestAdvice) + "...";
  }
  return advice;
}

std::string RuleIdioms::macros_for(std::span<const CfLine> lines, std::size_t first) const {
  const auto name = name_of_ruleset(lines[first].text);
  const auto rewrites = rewriting_macros_of(name);
  if (!rewrites.empty()) return rewrites_for(lines, first, rewrites);
  const std::string header = header_of(name);
  const auto macro = header.empty() ? macro_of_ruleset(name) : "HEADER_CHECK";
  if (macro.empty()) return {};
  std::string advice;
  bool refuses = false;
  const RegexMap* asked = nullptr;  // by the rule before
  for (std::size_t i = first + 1; i < lines.size() && lines[i].text.front() == 'R'; ++i) {
    const auto [left, right] = parse_rule(lines[i].text);
    if (const auto map = maps_.find(asked_map(right)); map != maps_.end()) {
      asked = &map->second;
      continue;
    }
    if (keeps_workspace(right)) continue;
    std::string pattern;
    if (asked != nullptr && left == asked->token) {
      pattern = header.empty() ? plain_address_pattern(asked->pattern) : asked->pattern;
    } else {
      pattern = pattern_of(left, header.empty() ? Subject::address : Subject::field);
    }
    const std::string action = action_of(right);
    // What is behind a rule that is not understood may mean anything.
    if (pattern.empty() || action.empty() || action.find_first_of("`'") != std::string::npos) break;
    refuses = refuses || action != "OK";
    advice += fmt::format("{}{}({}`{}', `{}')", advice.empty() ? "" : " ", macro,
                          header.empty() ? "" : fmt::format("`{}', ", header), pattern, action);
    if (refuses && advice.size() > kLongestAdvice) return advice.substr(0, kLongestAdvice) + "...";
  }
  return refuses ? advice : std::string();
}

}  // namespace signet::conf
