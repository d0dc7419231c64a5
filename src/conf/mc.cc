#include "signet/conf/mc.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "conf/cf_lines.h"
#include "conf/mc_source.h"
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

std::vector<std::string> files_in(const std::filesystem::path& folder) {
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

// The known conf name that is nearest to `name` and no further than `most`. What all have in front
// does not make two alike.
std::string nearest_define(std::string_view name, std::span<const std::string_view> known,
                           std::size_t most) {
  constexpr std::string_view kPrefix = "conf";
  std::vector<std::string_view> rests;
  for (const auto other : known) {
    if (other.starts_with(kPrefix)) rests.push_back(other.substr(kPrefix.size()));
  }
  const auto found = nearest(name.substr(kPrefix.size()), rests, most);
  return found ? std::string(kPrefix) + *found : std::string();
}

// FEATUREs that sites append behind their mailers. sendmail-cf complains and writes the same; so do
// we.
constexpr std::array kMayFollowMailers = std::to_array<std::string_view>(
    {"always_add_domain", "allmasquerade", "masquerade_envelope", "masquerade_entire_domain",
     "limited_masquerade", "genericstable", "mailertable", "redirect", "authinfo",
     "accept_unqualified_senders", "accept_unresolvable_domains"});

// Files that Debian's packages put beside sendmail.mc, and ours for a host that lacks them.
struct Delivered {
  std::string_view path;
  std::string_view ours;
};
constexpr std::array kDelivered = std::to_array<Delivered>({
    {"/etc/mail/m4/dialup.m4", "nothing.m4"},
    {"/etc/mail/m4/provider.m4", "nothing.m4"},
    {"/etc/mail/tls/starttls.m4", "starttls.m4"},
    {"/etc/mail/sasl/sasl.m4", "sasl.m4"},
    {"/usr/share/sendmail/cf/debian/autoconf.m4", "nothing.m4"},
});

// m4 runs commands, so nothing is read that anybody may have put there.
bool anybody_writes(const std::filesystem::path& folder) {
  std::error_code failed;
  const auto permissions = std::filesystem::status(folder, failed).permissions();
  return failed ||
         (permissions & std::filesystem::perms::others_write) != std::filesystem::perms::none;
}

// DOMAIN and OSTYPE files that only the site has: beside the mc as in sendmail's source tree, or
// where distributions keep sendmail-cf. Each as an argument of m4.
std::vector<std::string> files_of_the_site(const std::string& mc, const std::string& cf_dir) {
  const auto beside = std::filesystem::path(mc).parent_path() / "..";
  std::vector<std::string> arguments;
  for (const std::string kind : {"domain", "ostype"}) {
    std::set<std::string> known;
    for (auto& name : files_in(cf_dir + "/" + kind)) known.insert(std::move(name));
    for (const auto& root : {beside, std::filesystem::path("/usr/share/sendmail-cf"),
                             std::filesystem::path("/usr/share/sendmail/cf")}) {
      if (anybody_writes(root) || anybody_writes(root / kind)) continue;
      for (const auto& name : files_in(root / kind)) {
        if (!known.insert(name).second) continue;
        arguments.push_back(
            fmt::format("-D_own_{}/{}={}", kind, name, (root / kind / (name + ".m4")).string()));
      }
    }
  }
  return arguments;
}

// Reads what m4 wrote: lines of the cf, with their places, and reports to be judged.
class Judge final {
 public:
  explicit Judge(const std::string& cf_dir) : cf_dir_(cf_dir) {}

  Result<Compiled> judge(std::string_view output, const std::string& mc);
  // Lines of the mc where a macro did something.
  [[nodiscard]] const std::set<int>& active_lines() const { return active_; }

 private:
  void on_line(std::string_view line);
  void on_report(std::string_view report);
  void on_define(std::string_view name);
  void on_word(std::string_view what, std::string_view name, std::span<const Word> words,
               const std::string& folder);
  void on_order(std::string_view name);
  void keep(std::string_view line);
  void error(std::string_view text) {
    errors_.emplace(std::pair(at_.file, at_.line), at_.to_string() + ": " + std::string(text));
  }
  [[nodiscard]] Error all_errors();
  void warn(std::string text) { compiled_.warnings.push_back({at_, std::move(text)}); }

  const std::string& cf_dir_;
  Compiled compiled_;
  Origin at_;                      // of the line being judged
  Origin running_;                 // as m4's own marks say
  std::optional<Origin> special_;  // "@at": for the next line only
  Origin written_;                 // place that the cf so far implies for its next line
  std::string section_;            // LOCAL_RULE_0 and the like, until it has a rule
  bool in_comment_ = true;         // as at the head of every cf
  std::string mc_;
  std::set<int> active_;
  std::multimap<std::pair<std::string, int>, std::string> errors_;  // by file and line
};

// Some editors begin a file with it. m4 takes it for text.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Where in a line m4 says "#line N" or "#line N "FILE""; npos: nowhere.
std::size_t find_mark(std::string_view line) {
  const auto at = line.rfind("#line ");
  if (at == std::string_view::npos) return at;
  Origin ignored;
  return parse_line_mark(line.substr(at), ignored) ? at : std::string_view::npos;
}

void Judge::keep(std::string_view line) {
  // A continuation stays with its line: no mark may come between.
  if (is_blank(line.front())) {
    if (in_comment_) return;
    compiled_.text += line;
    compiled_.text += '\n';
    ++written_.line;
    return;
  }
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
    if (word->effect == Effect::works) return;  // a feature or a mailer has read it
    return warn(fmt::format("define({}) has no meaning here: {}", name, word->sentence));
  }
  const auto known = known_defines();
  if (name.starts_with("conf")) {
    // What is within two slips of a known one was meant to be it.
    constexpr std::size_t kSlips = 2;
    const auto meant = nearest_define(name, known, kSlips);
    const auto like = meant.empty() ? nearest_define(name, known, name.size()) : meant;
    const auto hint = like.empty() ? std::string() : fmt::format(", did you mean {}?", like);
    if (!meant.empty()) return error(fmt::format("unknown define {}{}", printable(name), hint));
    return warn(fmt::format("define({}) is unknown, nothing reads it{}", printable(name), hint));
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
  if (auto near = suggest_file(name, cf_dir_ + folder); !near.empty()) {
    return error(fmt::format("unknown {} {}{}", what, printable(name), near));
  }
  error(fmt::format("unknown {} {}: there is no {}/{}.m4, put what it defines into this file", what,
                    printable(name), folder.substr(1), printable(name)));
}

void Judge::on_order(std::string_view name) {
  const Word* word = find_word(features(), name);
  if (word != nullptr && word->effect == Effect::meaningless) return;
  if (std::ranges::find(kMayFollowMailers, name) == kMayFollowMailers.end()) {
    return error(fmt::format("FEATURE({}) must come before MAILER", printable(name)));
  }
  warn(fmt::format("FEATURE({}) belongs before MAILER; it counts here all the same", name));
}

void Judge::on_report(std::string_view report) {
  const auto blank = report.find(' ');
  const auto kind = report.substr(0, blank);
  const auto name = blank == std::string_view::npos ? "" : trim(report.substr(blank));
  if (kind == "define") return on_define(name);
  if (report.ends_with(' ')) {
    return error(fmt::format("unknown {} {}: there is a blank behind the name", to_upper(kind),
                             printable(name)));
  }
  if (kind == "feature") return on_word("FEATURE", name, features(), "/feature");
  if (kind == "mailer") return on_word("MAILER", name, mailers(), "/mailer");
  if (kind == "ostype") return on_word("OSTYPE", name, {}, "/ostype");
  if (kind == "domain") return on_word("DOMAIN", name, {}, "/domain");
  if (kind == "hack") return on_word("HACK", name, {}, "/hack");
  if (kind == "order") return on_order(name);
  if (kind == "section") {
    section_ = name;
    return;
  }
  if (kind == "nosystem" || kind == "nomailers") at_ = {mc_, 0, true};
  if (kind == "nosystem") return warn("no OSTYPE: paths and flags are those of no system");
  if (kind == "nomailers") return keep("U no-mailers");
  if (kind == "lost") {
    return warn(fmt::format(
        "{}: what is behind the first comma is lost; put `quotes' around all of it", name));
  }
  if (kind == "strange") {
    return warn(fmt::format("define of {} means nothing: quotes are `NAME'", printable(name)));
  }
  if (kind == "own") return warn(fmt::format("{} is read", name));
  if (kind == "delivered") {
    return warn(fmt::format("{} is not here: what Debian's file of that name sets is taken", name));
  }
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
  if (special_ && special_->file == mc_) active_.insert(special_->line);
  special_.reset();
  if (line.front() == '@') return on_report(line.substr(1));
  if (const auto name = macro_call(line); !name.empty()) {
    return error(fmt::format("unknown macro {}{}", name, suggestion(name, names_of(mc_macros()))));
  }
  if (line.front() == 'T') {
    return warn("T line has no effect: FEATURE(`use_ct_file') says who is trusted");
  }
  // Rules without a ruleset: the section they stand in is their name.
  if (line.front() == 'R' && !section_.empty()) keep(fmt::format("S{}", section_));
  if (line.front() == 'R' || line.front() == 'S') section_.clear();
  keep(line);
}

Error Judge::all_errors() {
  std::string text;
  for (const auto& [at, what] : errors_) text += (text.empty() ? "" : "\n") + what;
  return {ErrorKind::permanent, std::move(text), 0};
}

Result<Compiled> Judge::judge(std::string_view output, const std::string& mc) {
  mc_ = mc;
  running_ = {mc, 1, true};
  std::string begun;  // a line that a mark of m4's has come into
  while (!output.empty()) {
    const auto end = output.find('\n');
    auto line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (const auto mark = find_mark(line); mark != std::string_view::npos) {
      (void)parse_line_mark(line.substr(mark), running_);  // says where the next text is from
      begun += line.substr(0, mark);
      continue;
    }
    if (!begun.empty()) {
      begun += line;
      line = begun;
    }
    if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (!trim(line).empty() && line.front() != '#') on_line(line);
    // What continues a comment, or nothing, is comment.
    if (trim(line).empty()) {
      in_comment_ = true;
    } else if (!is_blank(line.front()) && line.front() != '@') {
      in_comment_ = line.front() == '#';
    }
    begun.clear();
    ++running_.line;
  }
  if (errors_.empty()) return std::move(compiled_);
  return std::unexpected(all_errors());
}

// m4 remarks this where an argument has a comma of its own; what comes of that is what sendmail-cf
// makes of it, and our reports name it where something is lost.
bool is_about_arguments(std::string_view said) {
  return said.find("Warning: excess arguments to builtin") != std::string_view::npos;
}

// "FILE:LINE: " in front of what m4 says; empty: it names no place.
std::string_view place_of(std::string_view said) {
  const auto name = said.find(':');
  const auto number = name == std::string_view::npos ? name : said.find(": ", name + 1);
  return number == std::string_view::npos ? std::string_view() : said.substr(0, number + 2);
}

// m4's own words, with the file's name in front as everywhere.
Error m4_error(const M4Output& output, const std::string& mc, std::string_view source) {
  std::string text;
  std::string_view stumbled;  // the place of a name between the wrong quotes
  for (const auto line : split(output.errors, '\n')) {
    if (trim(line).empty() || is_about_arguments(line)) continue;
    if (!text.empty()) text += '\n';
    // What is not closed is only missed at the end of the library behind the site's file.
    if (line.find("ERROR: end of file in") != std::string_view::npos) {
      const auto number = first_unclosed(source);
      text += (number ? fmt::format("{}:{}", mc, *number) : mc) +
              ": a quote or bracket is not closed (names stand between ` and ', as `name')";
      continue;
    }
    const auto name = line.starts_with("m4:") ? line.substr(3) : line;
    // A name between the wrong quotes: m4 stumbles over them several times.
    const auto place = place_of(name);
    if (!place.empty() && place == stumbled) {
      if (text.ends_with('\n')) text.pop_back();
      continue;
    }
    if (line.find("undefined macro `_own_") != std::string_view::npos) {
      stumbled = place;
      text += std::string(place) + "a name stands between ` and ', as FEATURE(`access_db')";
      continue;
    }
    text += printable(name, 400);
    if (line.find("cannot open `") != std::string_view::npos) {
      text += " (copy that file here too, or put dnl in front of the line)";
    }
  }
  if (text.empty()) text = mc + ": m4 ended with status " + std::to_string(output.status);
  return {ErrorKind::permanent, std::move(text), 0};
}

}  // namespace

Result<Compiled> compile_mc(const std::string& path, const std::string& cf_dir) {
  const auto source = read_text(path);
  if (!source) return std::unexpected(source.error());
  const std::string library = cf_dir + "/m4/cf.m4";
  struct stat state {};
  if (stat(library.c_str(), &state) != 0) {
    return permanent("no m4 library in " + cf_dir + " (--cf-dir)");
  }
  std::vector<std::string> arguments{"-s", "-D_CF_DIR=" + cf_dir};
  // Files named without their folder are looked for beside the mc too.
  if (const auto slash = path.rfind('/'); slash != std::string::npos) {
    arguments.push_back("-I" + path.substr(0, slash + 1));
  }
  if (names_library(*source)) arguments.emplace_back("-D_site_names_library");
  for (const auto& [file, ours] : kDelivered) {
    if (stat(std::string(file).c_str(), &state) == 0) continue;
    arguments.push_back(fmt::format("-D_absent_{}={}", file, ours));
  }
  for (auto& file : files_of_the_site(path, cf_dir)) arguments.push_back(std::move(file));
  arguments.insert(arguments.end(), {library, path, cf_dir + "/m4/finish.m4"});
  auto output = run_m4(arguments);
  if (!output) {
    const auto number = output.error().system_code == 0 ? first_endless(*source) : std::nullopt;
    if (!number) return std::unexpected(std::move(output).error().within(path));
    return permanent(fmt::format(
        "{}:{}: this define has its own name in its value, so m4 comes to no end", path, *number));
  }
  if (output->status != 0) return std::unexpected(m4_error(*output, path, *source));
  Judge judge(cf_dir);
  auto judged = judge.judge(output->text, path);
  if (!judged) return judged;
  warn_about_active_lines(*source, judge.active_lines(), path, judged->warnings);
  for (const auto line : split(output->errors, '\n')) {
    if (trim(line).empty() || is_about_arguments(line)) continue;
    judged->warnings.push_back({{}, printable(line, 400)});
  }
  judged->text = "# Made of " + path + " by signet mc: change that, not this.\n" + judged->text;
  return judged;
}

}  // namespace signet::conf
