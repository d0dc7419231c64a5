#include "signet/conf/mc.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "conf/cf_lines.h"
#include "conf/run_m4.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

// Where a name of a define() is looked up: settings by their mc name, then the other variables.
std::vector<std::string_view> known_defines() {
  std::vector<std::string_view> names;
  for (const auto& row : settings()) {
    if (!row.mc.empty()) names.push_back(row.mc);
  }
  for (const auto& word : variables()) names.push_back(word.name);
  return names;
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".m4") names.push_back(entry.path().stem().string());
  }
  return names;
}

std::string suggest_file(std::string_view wrong, const std::string& folder) {
  const auto names = files_in(folder);
  const std::vector<std::string_view> views(names.begin(), names.end());
  return suggestion(wrong, views);
}

// A word and an opening bracket at the start of a line: a macro that m4 did not know.
std::string_view macro_call(std::string_view line) {
  const auto end =
      line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
  if (end == std::string_view::npos || end < 2 || line[end] != '(') return {};
  return line.substr(0, end);
}

// Reads what m4 wrote: lines of the cf, with their places, and reports to be judged.
class Judge final {
 public:
  explicit Judge(const std::string& cf_dir) : cf_dir_(cf_dir) {}

  Result<Compiled> judge(std::string_view output, const std::string& mc);

 private:
  void on_line(std::string_view line);
  void on_report(std::string_view report);
  void on_define(std::string_view name);
  void on_word(std::string_view what, std::string_view name, std::span<const Word> words,
               const std::string& folder);
  void keep(std::string_view line);
  void error(std::string_view text) {
    errors_ += at_.to_string() + ": " + std::string(text) + "\n";
  }
  void warn(std::string text) { compiled_.warnings.push_back({at_, std::move(text)}); }

  const std::string& cf_dir_;
  Compiled compiled_;
  Origin at_;                      // of the line being judged
  Origin running_;                 // as m4's own marks say
  std::optional<Origin> special_;  // "@at": for the next line only
  Origin written_;                 // place that the cf so far implies for its next line
  std::string errors_;
};

void Judge::keep(std::string_view line) {
  if (written_.file != at_.file || written_.line != at_.line) {
    compiled_.text += fmt::format("#line {} \"{}\"\n", at_.line, at_.file);
  }
  compiled_.text += line;
  compiled_.text += '\n';
  written_ = at_;
  ++written_.line;
}

// A name of the site's own is fine, unless it can only be a slip.
void Judge::on_define(std::string_view name) {
  if (const Word* word = find_word(variables(), name)) {
    // Compiles, does not run: the loader refuses the line (decision 0021).
    if (word->effect == Effect::later) return keep(fmt::format("U {}", name));
    return warn(fmt::format("define({}) has no meaning here: {}", name, word->sentence));
  }
  const auto known = known_defines();
  if (name.starts_with("conf")) {
    return error(fmt::format("unknown define {}{}", printable(name), suggestion(name, known)));
  }
  const auto plain = [](std::string_view text) {
    std::string letters;
    for (const char c : text) {
      if (c != '_') letters += to_lower(c);
    }
    return letters;
  };
  for (const auto other : known) {
    if (plain(other) == plain(name)) {
      return error(fmt::format("unknown define {}, did you mean {}?", printable(name), other));
    }
  }
}

void Judge::on_word(std::string_view what, std::string_view name, std::span<const Word> words,
                    const std::string& folder) {
  if (const Word* word = find_word(words, name); word != nullptr && word->effect == Effect::later) {
    if (what == "FEATURE") return keep(fmt::format("U {}", name));
    return error(fmt::format("{}({}) is not supported yet: {}", what, name, word->sentence));
  }
  error(
      fmt::format("unknown {} {}{}", what, printable(name), suggest_file(name, cf_dir_ + folder)));
}

void Judge::on_report(std::string_view report) {
  const auto blank = report.find(' ');
  const auto kind = report.substr(0, blank);
  const auto name = blank == std::string_view::npos ? "" : trim(report.substr(blank));
  if (kind == "define") return on_define(name);
  if (kind == "feature") return on_word("FEATURE", name, features(), "/feature");
  if (kind == "mailer") return on_word("MAILER", name, mailers(), "/mailer");
  if (kind == "ostype") return on_word("OSTYPE", name, {}, "/ostype");
  if (kind == "domain") return on_word("DOMAIN", name, {}, "/domain");
  if (kind == "later") return error(fmt::format("{} is not supported yet", name));
  if (kind == "order") return error(fmt::format("{} must come before MAILER", name));
  error(fmt::format("unknown report @{}", printable(report)));
}

void Judge::on_line(std::string_view line) {
  if (line.starts_with("@at ")) {
    line.remove_prefix(4);
    const auto blank = std::min(line.find(' '), line.size());
    const auto number = parse_number(line.substr(0, blank));
    special_ =
        Origin{std::string(trim(line.substr(blank))), number ? static_cast<int>(*number) : 0, true};
    return;
  }
  at_ = special_ ? *special_ : running_;
  special_.reset();
  if (line.front() == '@') return on_report(line.substr(1));
  if (const auto name = macro_call(line); !name.empty()) {
    return error(fmt::format("unknown macro {}{}", name, suggestion(name, names_of(mc_macros()))));
  }
  keep(line);
}

Result<Compiled> Judge::judge(std::string_view output, const std::string& mc) {
  running_ = {mc, 1, true};
  while (!output.empty()) {
    const auto end = output.find('\n');
    const auto line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (!line.empty() && line.front() == '#') {
      if (parse_line_mark(line, running_)) continue;  // says where the next line is from
    } else if (!trim(line).empty()) {
      on_line(line);
    }
    ++running_.line;
  }
  if (errors_.empty()) return std::move(compiled_);
  errors_.pop_back();
  return permanent(std::move(errors_));
}

// m4's own words, with the file's name in front as everywhere.
Error m4_error(const M4Output& output, const std::string& mc) {
  std::string text;
  for (const auto line : split(output.errors, '\n')) {
    if (trim(line).empty()) continue;
    if (!text.empty()) text += '\n';
    // What is not closed is only missed at the end of the library behind the site's file.
    if (line.find("ERROR: end of file in") != std::string_view::npos) {
      text += mc + ": a quote or bracket is not closed (names stand between ` and ', as `name')";
      continue;
    }
    const auto name = line.starts_with("m4:") ? line.substr(3) : line;
    text += printable(name, 400);
  }
  if (text.empty()) text = mc + ": m4 ended with status " + std::to_string(output.status);
  return {ErrorKind::permanent, std::move(text), 0};
}

}  // namespace

Result<Compiled> compile_mc(const std::string& path, const std::string& cf_dir) {
  if (auto readable = read_text(path); !readable) {
    return std::unexpected(std::move(readable).error());
  }
  const std::string library = cf_dir + "/m4/cf.m4";
  struct stat state {};
  if (stat(library.c_str(), &state) != 0) {
    return permanent("no m4 library in " + cf_dir + " (--cf-dir)");
  }
  auto output = run_m4({"-s", "-D_CF_DIR=" + cf_dir, library, cf_dir + "/m4/options.m4", path,
                        cf_dir + "/m4/finish.m4"});
  if (!output) return std::unexpected(std::move(output).error().within(path));
  if (output->status != 0) return std::unexpected(m4_error(*output, path));
  auto judged = Judge(cf_dir).judge(output->text, path);
  if (!judged) return judged;
  for (const auto line : split(output->errors, '\n')) {
    if (!trim(line).empty()) judged->warnings.push_back({{}, printable(line, 400)});
  }
  judged->text = "# Made of " + path + " by signet mc: change that, not this.\n" + judged->text;
  return judged;
}

}  // namespace signet::conf
