#include "conf/feature_arguments.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "conf/pattern_lines.h"
#include "signet/base/text.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

struct Allowed {
  std::string_view feature;
  std::string_view words;
};

// Behind the map, where there is one; `#` is a number, `*` any text, `<action>` what is done, as a
// value of the access map. `n` of delay_checks asks for what is done in any case.
constexpr std::array kAllowed = std::to_array<Allowed>({
    {"access_db", "skip lookupdotdomain relaytofulladdress"},
    {"delay_checks", "friend hater n"},
    {"greet_pause", "#"},
    {"ratecontrol", "nodelay terminate"},
    {"conncontrol", "nodelay terminate"},
    {"relay_mail_from", "domain"},
    {"use_cw_file", "domain"},
    {"require_message_id", "<action>"},
    {"protect_local_senders", "<action>"},
    {"nullclient", "*"},
    {"check_other", "*"},
    {"badmx", "*"},
    {"smrsh", "*"},
    {"local_procmail", "*"},
    {"always_add_domain", "*"},
    {"bestmx_is_local", "*"},
    {"nocanonify", "canonify_hosts"},
});

// Two maps; then what becomes of who is not found, of details, of domains, of failures.
std::optional<std::string> check_ldap_routing(const Feature& feature) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"", "", "bounce passthru sendertoo", "strip preserve", "nodomain", "tempfail queue"});
  for (std::size_t i = 2; i < feature.args.size(); ++i) {
    const std::string_view argument = feature.args[i];
    if (argument.empty()) continue;
    if (i >= kWords.size()) return fmt::format("unexpected argument {}", printable(argument));
    const auto allowed = words(kWords[i]);
    if (std::ranges::any_of(allowed, [&](auto word) { return word == argument; })) continue;
    return fmt::format("argument {} is {}, not {}{}", i + 1, fmt::join(allowed, " or "),
                       printable(argument), suggestion(argument, allowed));
  }
  return std::nullopt;
}

}  // namespace

// Behind the host that gets the mail there is MSA, its port for submission. Sites write a number
// there: the port that it is anyway, or one that counts for nothing.
std::optional<std::string> idle_argument(const Feature& feature) {
  if (feature.name != "msp" || feature.args.size() < 2) return std::nullopt;
  const auto& argument = feature.args[1];
  if (argument.empty() || argument == "MSA" || argument == "25") return std::nullopt;
  const auto port = parse_number(argument);
  return fmt::format(
      "argument {} counts for nothing, as in sendmail: MSA means port 587{}", printable(argument),
      port ? fmt::format(", define(`RELAY_MAILER_ARGS', `TCP $h {}') another", *port) : "");
}

std::optional<std::string> check_arguments(const Feature& feature) {
  if (may_repeat(feature.name)) return std::nullopt;  // `policy` reads them
  const auto* row = std::ranges::find(kAllowed, feature.name, &Allowed::feature);
  if (feature.name == "msp") return std::nullopt;
  if (feature.name == "ldap_routing") return check_ldap_routing(feature);
  const auto allowed = words(row == kAllowed.end() ? std::string_view() : row->words);
  for (std::size_t i = feature.map ? 1 : 0; i < feature.args.size(); ++i) {
    const std::string_view argument = feature.args[i];
    if (argument.empty()) continue;
    // It does what is done here: one message into one mailbox.
    if (feature.name == "local_lmtp" && argument.ends_with("/mail.local")) continue;
    // A server of mailboxes; its place is looked at with the mailer's line.
    if (feature.name == "local_lmtp" && feature.args.front() == "[IPC]") continue;
    if (std::ranges::any_of(allowed, [&](auto word) { return iequals(word, argument); })) continue;
    if (row != kAllowed.end() && row->words == "*") continue;
    if (row != kAllowed.end() && row->words == "#") {
      if (parse_number(argument)) continue;
      return fmt::format("{} is no number", printable(argument));
    }
    if (row != kAllowed.end() && row->words == "<action>") {
      if (const auto problem = i == 0 ? why_no_action(argument) : "one action is enough") {
        return problem;
      }
      continue;
    }
    if (allowed.empty()) return fmt::format("unexpected argument {}", printable(argument));
    return fmt::format("unknown argument {}{}", printable(argument), suggestion(argument, allowed));
  }
  return std::nullopt;
}

}  // namespace signet::conf
