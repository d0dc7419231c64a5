#include "signet/conf/load.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "conf/cf_lines.h"
#include "conf/class_maps.h"
#include "conf/feature_arguments.h"
#include "conf/final_checks.h"
#include "conf/gathered.h"
#include "conf/header_lines.h"
#include "conf/mailer_lines.h"
#include "conf/map_joins.h"
#include "conf/pattern_lines.h"
#include "conf/problems.h"
#include "conf/rule_idioms.h"
#include "conf/rulesets.h"
#include "conf/value.h"
#include "signet/base/text.h"
#include "signet/conf/macros.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

constexpr int kCannotOpen = ENOENT;

class Parser final {
 public:
  Parser(std::string_view name, Purpose purpose) : problems_(purpose) {
    loaded_.config.file = name;
  }

  Result<Loaded> parse(std::string_view text, std::span<const std::string> overrides);

 private:
  void apply_defaults();
  void finish();
  void on_line(std::size_t number);
  void on_rules(std::size_t number);
  [[nodiscard]] bool is_ruleset(std::string_view name) const;
  void on_option(std::string_view text);
  void on_macro(std::string_view text);
  void on_class(std::string_view text);
  void on_class_file(std::string_view text);
  void on_class_map(std::string_view name, std::string_view text, bool optional);
  void on_feature(std::string_view text);
  void on_map(std::string_view text);
  void on_mailer(std::string_view text);
  void on_mail_filter(std::string_view text);
  void on_queue_group(std::string_view text);
  void on_header(std::string_view text);
  void set_option(std::string_view name, std::string_view value);
  void check_effect(const Word* word, std::string_view what, std::string_view name,
                    std::span<const Word> words);
  void error(std::string_view what) { problems_.error(what); }
  void warn(std::string text) { problems_.warn(std::move(text)); }
  void refuse(std::string_view what) { problems_.refuse(what); }
  [[nodiscard]] const Origin& at() const { return problems_.at; }
  [[nodiscard]] std::string expand_macros(std::string_view text) const;
  [[nodiscard]] std::string text_of_map(std::string_view text) const;
  void join_classes();

  std::vector<CfLine> lines_;
  std::optional<RuleIdioms> idioms_;                         // of lines_, where there are rules
  std::vector<std::pair<std::string, std::string>> unions_;  // of classes: into, from
  bool in_rules_ = false;   // the line before was of rewriting rules too
  bool has_rules_ = false;  // anywhere in the file
  Loaded loaded_;
  Problems problems_;
};

// Every setting begins as its table says.
void Parser::apply_defaults() {
  for (const auto& setting : settings()) {
    if (setting.store == nullptr || setting.kind == Kind::port) continue;
    if (setting.fallback.empty() && setting.kind != Kind::text && setting.kind != Kind::list &&
        setting.kind != Kind::letters) {
      continue;
    }
    if (setting.fallback.empty() && setting.kind == Kind::text) continue;
    std::vector<std::string> ignored;
    const auto value = parse_value(setting, setting.fallback, ignored);
    Target target{loaded_.config, {}};
    if (!value || setting.store(target, *value)) error(fmt::format("default of {}", setting.name));
  }
}

// The default asks for nothing, however it is spelt: the library writes some that way.
bool is_default(const Setting& setting, const Value& value) {
  if (value.text == setting.fallback) return true;
  std::vector<std::string> ignored;
  const auto usual = parse_value(setting, setting.fallback, ignored);
  if (!usual) return false;
  switch (setting.kind) {
    case Kind::flag:
      return value.flag == usual->flag;
    case Kind::number:
    case Kind::duration:
      return value.number == usual->number;
    default:
      return value.text == usual->text;
  }
}

void Parser::set_option(std::string_view name, std::string_view text) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& row : settings()) known.push_back(row.name);
    return refuse(
        fmt::format("unknown option name {}{}", printable(name), suggestion(name, known)));
  }
  Target target{loaded_.config, {}};
  const auto value = parse_value(*setting, text, target.remarks);
  // Empty is how a site takes back what its OSTYPE or DOMAIN has set.
  if (!value && !(text.empty() && setting->store == nullptr)) {
    return refuse(fmt::format("option {}: {}", setting->name, value.error()));
  }
  if (setting->store != nullptr) {
    if (const auto problem = setting->store(target, *value)) {
      return refuse(fmt::format("option {}: {}", setting->name, *problem));
    }
  }
  const bool asked = !value || !is_default(*setting, *value);
  if (setting->effect == Effect::later && asked)
    warn(fmt::format("option {} has no effect yet", setting->name));
  if (setting->effect == Effect::meaningless && asked) {
    warn(fmt::format("option {} has no meaning here: {}", setting->name, setting->sentence));
  }
  for (auto& remark : target.remarks) warn(std::move(remark));
  loaded_.config.given.insert_or_assign(std::string(setting->name), Given{std::string(text), at()});
}

void Parser::on_option(std::string_view text) {
  text = trim(text);
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    return error(fmt::format("\"O {}\" is not O Name=value", printable(text)));
  }
  set_option(trim(text.substr(0, equals)), trim(text.substr(equals + 1)));
}

void Parser::check_effect(const Word* word, std::string_view what, std::string_view name,
                          std::span<const Word> all) {
  if (word == nullptr && what == "class") {
    if (has_rules_) return;  // they are what is refused
    refuse(fmt::format("class {} is none that is asked: only rewriting rules have their own{}",
                       printable(name), name.size() > 1 ? suggestion(name, names_of(all)) : ""));
  } else if (word == nullptr) {
    error(fmt::format("unknown {} {}{}", what, printable(name), suggestion(name, names_of(all))));
  } else if (word->effect == Effect::later) {
    refuse(fmt::format("{} {} is not supported yet: {}", what, name, word->sentence));
  } else if (word->effect == Effect::meaningless) {
    warn(fmt::format("{} {} has no meaning here: {}", what, name, word->sentence));
  }
}

// A site's own macros may be used in its own texts, so any name is good.
void Parser::on_macro(std::string_view text) {
  const auto name = take_macro_name(text);
  if (name.empty()) return error("D needs a name: Dx or D{name}");
  const Word* word = find_word(cf_macros(), name);
  if (word != nullptr && word->effect == Effect::later && !trim(text).empty()) {
    refuse(fmt::format("macro {} is not supported yet: {}", name, word->sentence));
  }
  loaded_.config.macros.insert_or_assign(std::string(name), Given{std::string(trim(text)), at()});
}

void Parser::on_class(std::string_view text) {
  const auto name = take_macro_name(text);
  if (name.empty()) return error("C needs a name: Cw or C{name}");
  check_effect(find_word(cf_classes(), name), "class", name, cf_classes());
  for (auto word : words(text)) {
    if (!word.starts_with("$=")) {
      loaded_.config.classes[std::string(name)].push_back({std::string(word), at()});
      continue;
    }
    word.remove_prefix(2);
    const auto other = take_macro_name(word);
    if (other.empty() || !word.empty())
      return error("$= needs the name of a class: $=w or $={name}");
    unions_.push_back({std::string(name), std::string(other)});
  }
}

// `Cx$=y`: what is in class y, wherever in the file it stands, is in x too.
void Parser::join_classes() {
  for (const auto& [into, from] : unions_) {
    const auto members = loaded_.config.classes[from];
    auto& all = loaded_.config.classes[into];
    all.insert(all.end(), members.begin(), members.end());
    for (auto& map : loaded_.config.class_maps) {
      if (std::ranges::find(map.classes, from) != map.classes.end()) map.classes.push_back(into);
    }
  }
}

// The map is asked by whoever starts; a class without a meaning has no readers.
void Parser::on_class_map(std::string_view name, std::string_view text, bool optional) {
  std::vector<std::string> remarks;
  auto map = parse_class_map(name, text, &remarks);
  if (!map) return refuse(fmt::format("F{{{}}}: {}", name, map.error()));
  for (const auto& remark : remarks) warn(remark);
  const Word* word = find_word(cf_classes(), name);
  if (word != nullptr && word->effect == Effect::meaningless) return;
  map->optional = optional;
  map->at = at();
  loaded_.config.class_maps.push_back(std::move(*map));
}

void Parser::on_class_file(std::string_view text) {
  const auto name = take_macro_name(text);
  if (name.empty()) return error("F needs a name: Fw or F{name}");
  check_effect(find_word(cf_classes(), name), "class", name, cf_classes());
  auto parts = words(text);
  const bool optional = !parts.empty() && parts.front() == "-o";
  if (optional) parts.erase(parts.begin());
  text = trim(optional ? trim(text).substr(2) : text);
  if (text.starts_with('|')) {
    return refuse(
        "members of a class are not asked of a program: write its output into a file and name "
        "that");
  }
  if (names_class_map(text)) return on_class_map(name, text, optional);
  // sendmail's own files name these patterns: the first word, and what is in front of a comment.
  // Both is what is done.
  constexpr std::array kPatterns = std::to_array<std::string_view>({"%s", "%[^\\#]", "%[^#]"});
  if (parts.size() == 2 && std::ranges::find(kPatterns, parts[1]) != kPatterns.end()) {
    parts.pop_back();
  }
  if (parts.size() != 1)
    return refuse("F needs a file (of patterns only %s, %[^\\#] are supported)");
  const std::string path(parts.front());
  // The compiler's host need not be the daemon's, and a class without a meaning has no readers.
  const Word* word = find_word(cf_classes(), name);
  if (word != nullptr && word->effect == Effect::meaningless) return;
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return error(path + " is a directory");
  std::ifstream file(path);
  if (!file) {
    const int code = errno;
    if (optional && code == ENOENT) return;
    const Feature* names = name == "w" ? loaded_.config.feature("use_cw_file") : nullptr;
    const bool of_domain =
        names != nullptr && std::ranges::find(names->args, "domain") != names->args.end();
    auto problem = fmt::format("cannot open {}: {}", path, error_text(code));
    if (!optional && !of_domain) return refuse(problem);
    return warn(std::move(problem));
  }
  auto& members = loaded_.config.classes[std::string(name)];
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    // The first word counts, as in sendmail.
    const auto found = words(std::string_view(line).substr(0, line.find('#')));
    if (!found.empty()) members.push_back({std::string(found.front()), {path, number, false}});
  }
}

void Parser::on_feature(std::string_view text) {
  const auto parts = split(trim(text), '\t');
  const std::string name(trim(parts.front()));
  if (name == "no-mailers") {
    return refuse(
        "the file names no MAILER, it may not be whole: MAILER(`local')dnl says that it is");
  }
  if (const Word* variable = find_word(variables(), name);
      variable != nullptr && variable->effect == Effect::later) {
    return refuse(fmt::format("define({}) is not supported yet: {}", name, variable->sentence));
  }
  if (auto pattern = parse_pattern_line(name, std::span(parts).subspan(1))) {
    if (!*pattern) return refuse(pattern->error());
    (*pattern)->at = at();
    loaded_.config.patterns.push_back(std::move(**pattern));
    return;
  }
  const Word* word = find_word(features(), name);
  check_effect(word, "FEATURE", name, features());
  Feature feature{.name = name, .args = {}, .map = std::nullopt, .at = at()};
  for (std::size_t i = 1; i < parts.size(); ++i) feature.args.emplace_back(trim(parts[i]));
  if (word != nullptr && word->about_map && word->effect == Effect::works) {
    // What is said about its flags is said of its K line.
    auto spec = parse_map_spec(feature.args.empty() ? "" : text_of_map(feature.args.front()));
    if (!spec) return refuse(fmt::format("FEATURE {}: {}", name, spec.error()));
    feature.map = std::move(*spec);
  }
  if (word != nullptr && (word->effect == Effect::works || name == "local_lmtp")) {
    if (const auto problem = check_arguments(feature)) {
      return refuse(fmt::format("FEATURE {}: {}", name, *problem));
    }
    if (const auto idle = idle_argument(feature)) warn(fmt::format("FEATURE {}: {}", name, *idle));
  }
  if (!may_repeat(name)) {
    std::erase_if(loaded_.config.features, [&](const Feature& old) { return old.name == name; });
  }
  loaded_.config.features.push_back(std::move(feature));
}

void Parser::on_map(std::string_view text) {
  text = trim(text);
  const auto blank = text.find_first_of(" \t");
  const std::string name(text.substr(0, blank));
  if (std::ranges::find(rule_maps(), name) != rule_maps().end()) return;
  std::vector<std::string> remarks;
  auto spec = parse_map_spec(blank == std::string_view::npos ? "" : text_of_map(text.substr(blank)),
                             &remarks);
  if (!spec) return refuse(fmt::format("K line: {}", spec.error()));
  for (const auto& remark : remarks) warn(fmt::format("map {}: {}", name, remark));
  loaded_.config.maps.push_back({name, std::move(*spec), at()});
}

std::string Parser::expand_macros(std::string_view text) const {
  return expand(text, [this](std::string_view name) -> std::optional<std::string> {
    const auto found = loaded_.config.macros.find(name);
    if (found == loaded_.config.macros.end()) return std::nullopt;
    return found->second.text;
  });
}

// Macros of an LDAP map are those of the host that asks, and may be defined behind it.
std::string Parser::text_of_map(std::string_view text) const {
  if (istarts_with(trim(text), "ldap ")) return std::string(text);
  return expand_macros(text);
}

void Parser::on_mailer(std::string_view text) {
  auto mailer = parse_mailer_line(text);
  if (!mailer) return refuse(mailer.error());
  mailer->at = at();
  const Word* word = find_word(mailer_lines(), mailer->name);
  if (word == nullptr) {
    if (!mailer->is_program()) {
      refuse(fmt::format("mailer {} is not supported: a mailer of one's own is a program, P=/path",
                         printable(mailer->name)));
    }
  } else if (word->effect == Effect::later) {
    // A MAILER of the mc writes several lines.
    const auto& mailers = loaded_.config.mailers;
    const bool said = !mailers.empty() && mailers.back().at == at();
    if (!said)
      refuse(fmt::format("mailer {} is not supported yet: {}", mailer->name, word->sentence));
  } else if (word->effect == Effect::meaningless) {
    warn(fmt::format("MAILER {}: {}", mailer->name, word->sentence));
  }
  loaded_.config.mailers.push_back(std::move(*mailer));
}

void Parser::on_mail_filter(std::string_view text) {
  std::vector<std::string> remarks;
  auto filter = parse_mail_filter(text, remarks);
  if (!filter) return refuse(filter.error());
  for (auto& remark : remarks) warn(std::move(remark));
  if (loaded_.config.mail_filter(filter->name) != nullptr) {
    return refuse(fmt::format("mail filter {} stands there twice", printable(filter->name)));
  }
  filter->at = at();
  loaded_.config.mail_filters.push_back(std::move(*filter));
}

bool begins_ruleset(const CfLine& line) {
  return line.text.front() == 'S' || line.text.front() == 'R';
}

// Whether the file has a ruleset of that name.
bool Parser::is_ruleset(std::string_view name) const {
  return std::ranges::any_of(lines_, [name](const CfLine& line) {
    if (line.text.front() != 'S') return false;
    const auto rest = trim(std::string_view(line.text).substr(1));
    return iequals(rest.substr(0, rest.find_first_of("= \t")), name);
  });
}

// mqueue has all mail that nothing puts into another group, so it is the one queue that there is.
void Parser::on_queue_group(std::string_view text) {
  const auto name = trim(text.substr(0, text.find(',')));
  if (name != "mqueue") {
    return refuse(
        fmt::format("queue group {}: queue groups are not supported yet", printable(name)));
  }
  warn("queue group mqueue has no meaning here: There is one queue, QueueDirectory");
}

// Said once for each ruleset, with what could be written instead.
void Parser::on_rules(std::size_t number) {
  const CfLine& line = lines_[number];
  if (!idioms_) idioms_.emplace(lines_);
  const std::string_view rest = std::string_view(line.text).substr(1);
  if (line.text.front() == 'H') {
    auto name = trim(rest.substr(rest.find("$>") + 2));
    if (name.starts_with('+')) name = trim(name.substr(1));
    if (is_ruleset(name)) return;  // said there
    return refuse(why_no_rules(name, trim(rest.substr(0, rest.find(':')))));
  }
  if (line.text.front() == 'R') return refuse(why_no_rules({}, {}));
  const auto name = trim(rest).substr(0, trim(rest).find_first_of("= \t"));
  const auto macros = idioms_->macros_for(lines_, number);
  refuse(fmt::format("{}{}{}", why_no_rules(name, idioms_->header_of(name)),
                     macros.empty() ? "" : "; these rules: ", printable(macros, 4000)));
}

void Parser::on_header(std::string_view text) {
  auto line = parse_header_line(text);
  if (!line) return warn(fmt::format("H{} has no effect: no field is added", printable(text, 60)));
  if (is_usual(*line)) {
    loaded_.config.header_forms.erase(line->field);
  } else {
    loaded_.config.header_forms.insert_or_assign(std::move(line->field),
                                                 Given{std::move(line->form), at()});
  }
}

void Parser::on_line(std::size_t number) {
  const CfLine& line = lines_[number];
  problems_.at = line.at;
  const std::string_view rest = std::string_view(line.text).substr(1);
  const bool was_in_rules = std::exchange(in_rules_, false);
  switch (line.text.front()) {
    case 'O':
      return on_option(rest);
    case 'D':
      return on_macro(rest);
    case 'C':
      return on_class(rest);
    case 'F':
      return on_class_file(rest);
    case 'U':
      return on_feature(rest);
    case 'K':
      return on_map(rest);
    case 'M':
      return on_mailer(rest);
    case 'V':
      return;  // version of the syntax
    case 'S':
    case 'R':
      in_rules_ = true;
      if (was_in_rules && line.text.front() == 'R') return;
      return on_rules(number);
    case 'H':
      if (rest.find("$>") != std::string_view::npos) return on_rules(number);
      return on_header(rest);
    case 'E':
    case 'P':
    case 'T':
      return warn(fmt::format("{} line has no effect", line.text.front()));
    case 'X':
      return on_mail_filter(rest);
    case 'Q':
      return on_queue_group(rest);
    default:
      return error(fmt::format("unknown line \"{}\"", printable(line.text, 60)));
  }
}

// What needs the whole to be known.
void Parser::finish() {
  join_classes();
  auto& config = loaded_.config;
  if (config.daemon_ports.empty()) {
    DaemonPort port;
    port.name = "MTA";
    config.daemon_ports.push_back(std::move(port));
  }
  for (std::size_t i = 0; i < config.daemon_ports.size(); ++i) {
    auto& port = config.daemon_ports[i];
    if (port.name.empty()) port.name = "Daemon" + std::to_string(i);
  }
  join_maps(config, has_rules_, problems_);
  check_whole(config, problems_);
}

Result<Loaded> Parser::parse(std::string_view text, std::span<const std::string> overrides) {
  apply_defaults();
  lines_ = read_cf_lines(text, loaded_.config.file);
  has_rules_ = std::ranges::any_of(lines_, begins_ruleset);
  for (std::size_t i = 0; i < lines_.size() && !problems_.too_many(); ++i) on_line(i);
  for (const auto& text_of : overrides) {
    problems_.at = {"-O " + text_of, 0, false};
    on_option(text_of);
  }
  finish();
  if (auto errors = problems_.take_errors()) return permanent(std::move(*errors));
  auto warnings = problems_.take_warnings();
  if (const auto* msp = loaded_.config.feature("msp")) {
    warnings = without_idle_at(std::move(warnings), msp->at);
  }
  loaded_.warnings = gathered(std::move(warnings));
  return std::move(loaded_);
}

}  // namespace

Result<Loaded> parse(std::string_view text, std::string_view name,
                     std::span<const std::string> overrides, Purpose purpose) {
  return Parser(name, purpose).parse(text, overrides);
}

Result<Loaded> load(const std::string& path, std::span<const std::string> overrides) {
  auto text = read_text(path);
  if (!text) return std::unexpected(std::move(text).error());
  return parse(*text, path, overrides);
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    // sendmail's words; the code tells exit_code() what it was.
    const int code = errno != 0 ? errno : kCannotOpen;
    return std::unexpected(
        Error{ErrorKind::permanent, path + ": line 0: cannot open: " + error_text(code), code});
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int exit_code(const Error& error) { return error.system_code != 0 ? EX_OSFILE : EX_CONFIG; }

}  // namespace signet::conf
