#include "conf/mc_source.h"

#include <algorithm>
#include <vector>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

bool is_library_call(std::string_view line) {
  line = trim(line);
  const auto call = line.find("include(");
  return !line.starts_with("dnl") && !line.starts_with('#') && call != std::string_view::npos &&
         line.find("cf.m4", call) != std::string_view::npos;
}

bool in_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !in_word(text[at - 1])) && (end == text.size() || !in_word(text[end]))) {
      return true;
    }
  }
  return false;
}

// "define(`NAME', `... NAME ...')"; what stands in the value without quotes is done only once.
bool is_endless(std::string_view line) {
  constexpr std::string_view kDefine = "define(`";
  line = trim(line);
  if (!line.starts_with(kDefine)) return false;
  line.remove_prefix(kDefine.size());
  const auto name = line.substr(0, line.find('\''));
  const auto open = line.find('`', name.size());
  if (name.empty() || open == line.npos) return false;
  const auto between = line.substr(name.size(), open - name.size());
  return trim(between) == "'," && has_word(line.substr(open), name);
}

// Follows quotes and the brackets of calls, line by line.
class Nesting final {
 public:
  void read(std::string_view line, int number, bool comments) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char before = i > 0 ? line[i - 1] : '\n';
      if (quotes_ == 0 && line.substr(i, 3) == "dnl" && !in_word(before) &&
          (i + 3 == line.size() || !in_word(line[i + 3]))) {
        return;
      }
      if (quotes_ == 0 && comments && line[i] == '#') return;
      on_char(line[i], before, number);
    }
  }
  [[nodiscard]] std::optional<int> open() const {
    if (quotes_ > 0) return quoted_at_;
    if (!calls_.empty()) return calls_.front();
    return std::nullopt;
  }

 private:
  void on_char(char c, char before, int number) {
    if (c == '`') {
      if (quotes_++ == 0) quoted_at_ = number;
    } else if (c == '\'' && quotes_ > 0) {
      --quotes_;
    } else if (quotes_ == 0 && c == '(' && (in_word(before) || !calls_.empty())) {
      calls_.push_back(number);
    } else if (quotes_ == 0 && c == ')' && !calls_.empty()) {
      calls_.pop_back();
    }
  }

  int quotes_ = 0;
  int quoted_at_ = 0;
  std::vector<int> calls_;
};

}  // namespace

bool names_library(std::string_view source) {
  return std::ranges::any_of(split(source, '\n'), is_library_call);
}

void warn_about_active_lines(std::string_view source, const std::set<int>& active,
                             const std::string& mc, Warnings& warnings) {
  const auto lines = split(source, '\n');
  for (const int number : active) {
    const auto index = static_cast<std::size_t>(number);
    if (number < 1 || index > lines.size() || !trim(lines[index - 1]).starts_with('#')) continue;
    warnings.push_back(
        {Origin{mc, number, true},
         "this line is active: m4 does what stands behind #; put dnl in front of it"});
  }
}

std::optional<int> first_endless(std::string_view source) {
  int number = 0;
  for (const auto line : split(source, '\n')) {
    ++number;
    if (is_endless(line)) return number;
  }
  return std::nullopt;
}

std::optional<int> first_unclosed(std::string_view source) {
  Nesting nesting;
  bool comments = names_library(source);
  int number = 0;
  for (const auto line : split(source, '\n')) {
    nesting.read(line, ++number, comments);
    if (is_library_call(line)) comments = false;
  }
  return nesting.open();
}

}  // namespace signet::conf
