// The one table of settings, and the tables of everything else a configuration may name: features,
// mailers, m4 variables and macros. They drive the parser, the m4 library's list of options, the
// manual and the commented example.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::conf {

struct Config;

enum class Effect {
  works,
  later,        // understood, not built yet
  meaningless,  // about something this MTA does not have
};

enum class Kind {
  text,
  flag,      // True, False; empty is True
  number,    // limits "LOW..HIGH"
  duration,  // 1h30m; limits: the unit of a bare number
  choice,    // limits: the words allowed; the first letter is enough
  list,      // words between blanks or commas
  letters,   // limits: the letters allowed; another is only warned about, as in sendmail
  port,      // several may be given
};

struct Value {
  std::string text;  // as written; the whole word of a choice
  bool flag = false;
  std::uint64_t number = 0;  // seconds of a duration
  std::vector<std::string> list;
};

// What a row writes to.
struct Target {
  Config& config;
  std::vector<std::string> remarks;  // warnings about parts without effect
};
// Empty: stored. Otherwise what is wrong.
using Store = std::optional<std::string> (*)(Target& target, const Value& value);

struct Setting {
  std::string_view name;  // behind `O `
  std::string_view mc;    // define(`...'); empty: only as an O line
  Kind kind;
  std::string_view fallback;  // default; for a setting without effect: what is done anyway
  std::string_view limits;    // see Kind
  std::string_view sentence;
  Effect effect = Effect::works;
  Store store = nullptr;
};

[[nodiscard]] std::span<const Setting> settings();
[[nodiscard]] const Setting* find_setting(std::string_view name);  // case does not count

// A name that is not a setting: a FEATURE, a MAILER, an m4 variable or an m4 macro.
struct Word {
  std::string_view name;
  Effect effect;
  std::string_view sentence;
  bool about_map = false;  // features: the first argument is a map
};
[[nodiscard]] std::span<const Word> features();
[[nodiscard]] std::span<const Word> mailers();
[[nodiscard]] std::span<const Word> mailer_lines();  // M lines
[[nodiscard]] std::span<const Word> variables();     // what define() may set besides settings
[[nodiscard]] std::span<const Word> mc_macros();     // what an mc may call
[[nodiscard]] std::span<const Word> cf_classes();    // C and F lines
[[nodiscard]] std::span<const Word> cf_macros();     // D lines
// The two maps of K lines that FEATURE(ldap_routing) asks.
inline constexpr std::string_view kLdapRoutingHosts = "ldapmh";
inline constexpr std::string_view kLdapRoutingAddresses = "ldapmra";
[[nodiscard]] bool is_ldap_routing_map(std::string_view name);
// Maps of K lines that sendmail-cf's rules ask for a feature, and nobody does here.
std::span<const std::string_view> rule_maps();
[[nodiscard]] const Word* find_word(std::span<const Word> words, std::string_view name);

// The known name nearest to `wrong`, if it is near enough to be what was meant; `most`: edits at
// most.
[[nodiscard]] std::optional<std::string> nearest(std::string_view wrong,
                                                 std::span<const std::string_view> known,
                                                 std::size_t most = std::string_view::npos);
// A FEATURE that is meant again each time it is named, not only the last time.
[[nodiscard]] bool may_repeat(std::string_view feature);
[[nodiscard]] std::vector<std::string_view> names_of(std::span<const Word> words);
// ", did you mean X?" or nothing.
[[nodiscard]] std::string suggestion(std::string_view wrong,
                                     std::span<const std::string_view> known);

}  // namespace signet::conf
