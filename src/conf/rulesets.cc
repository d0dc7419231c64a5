#include "conf/rulesets.h"

#include <array>

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

struct RulesetPurpose {
  std::string_view name;  // begins so, case aside
  std::string_view usual;
  std::string_view here;
};

// The first that fits counts.
constexpr std::array kPurposes = std::to_array<RulesetPurpose>({
    {"check_mail", "refuse senders",
     "From: entries of the access map, SENDER_PATTERN(`PATTERN', `ACTION'), "
     "FEATURE(`protect_local_senders') do"},
    {"Local_check_mail", "refuse senders",
     "From: entries of the access map, SENDER_PATTERN(`PATTERN', `ACTION'), "
     "FEATURE(`protect_local_senders') do"},
    {"check_rcpt", "refuse recipients or relaying",
     "To: entries with FEATURE(`blocklist_recipients'), RECIPIENT_PATTERN(`PATTERN', `ACTION') and "
     "Connect: RELAY do"},
    {"Local_check_rcpt", "refuse recipients or relaying",
     "To: entries with FEATURE(`blocklist_recipients'), RECIPIENT_PATTERN(`PATTERN', `ACTION') and "
     "Connect: RELAY do"},
    {"check_relay", "refuse clients",
     "Connect: entries, CLIENT_PATTERN(`PATTERN', `ACTION'), HELO_PATTERN(`PATTERN', `ACTION'), "
     "FEATURE(`require_rdns') and FEATURE(`dnsbl') do"},
    {"Local_check_relay", "refuse clients",
     "Connect: entries, CLIENT_PATTERN(`PATTERN', `ACTION'), HELO_PATTERN(`PATTERN', `ACTION'), "
     "FEATURE(`require_rdns') and FEATURE(`dnsbl') do"},
    {"LOCAL_DNSBL", "ask block lists", "FEATURE(`dnsbl') and FEATURE(`enhdnsbl') do"},
    {"check_compat", "judge sender and recipient together", "FEATURE(`compat_check') does"},
    {"check_other", "hang up on who says what is no command",
     "FEATURE(`check_other', `PATTERN') does"},
    {"check_vrfy", "refuse VRFY", "confPRIVACY_FLAGS with novrfy does"},
    {"check_expn", "refuse EXPN", "confPRIVACY_FLAGS with noexpn does"},
    {"check_etrn", "refuse ETRN", "confPRIVACY_FLAGS with noetrn does"},
    {"greet_pause", "make clients wait", "GreetPause: entries do"},
    {"Local_greet_pause", "make clients wait", "GreetPause: entries do"},
    {"queuegroup", "choose a queue", "one queue serves all here"},
    {"trust_auth", "trust authenticated users", "TRUST_AUTH_MECH and FEATURE(`sender_login') do"},
    {"Local_trust_auth", "trust authenticated users",
     "TRUST_AUTH_MECH and FEATURE(`sender_login') do"},
    {"Local_Relay_Auth", "let authenticated users relay", "TRUST_AUTH_MECH does"},
    {"authinfo", "find passwords for next hops", "FEATURE(`authinfo') does"},
    {"try_tls", "keep STARTTLS from next hops", "Try_TLS: entries do"},
    {"Local_try_tls", "keep STARTTLS from next hops", "Try_TLS: entries do"},
    {"tls_", "demand TLS", "TLS_Clt:, TLS_Srv: and TLS_Rcpt: entries do"},
    {"Local_tls_", "demand TLS", "TLS_Clt:, TLS_Srv: and TLS_Rcpt: entries do"},
    {"srv_features", "offer extensions by client", "Srv_Features: entries do"},
    {"Local_srv_features", "offer extensions by client", "Srv_Features: entries do"},
    {"Local_clt_features", "use extensions by next hop", "Clt_Features: entries do"},
    {"check_eoh", "refuse mail that lacks headers",
     "REQUIRE_HEADER(`NAME', `ACTION') and FEATURE(`require_message_id') do"},
    {"check_data", "judge a message before its content", "a mail filter does, INPUT_MAIL_FILTER"},
    {"check_eom", "judge a whole message", "a mail filter does, INPUT_MAIL_FILTER"},
    {"check", "check headers such as Message-Id:",
     "HEADER_CHECK(`NAME', `PATTERN', `ACTION') and FEATURE(`require_message_id') do"},
    {"LOCAL_RULE_0", "choose where mail goes",
     "FEATURE(`mailertable') by domain and FEATURE(`virtusertable') by address do"},
    {"LOCAL_NET_CONFIG", "send mail for some domains elsewhere",
     "FEATURE(`mailertable') and SMART_HOST do"},
    {"LOCAL_RULE_1", "rewrite senders",
     "MASQUERADE_AS, FEATURE(`genericstable') and REWRITE_SENDER(`PATTERN', `ADDRESS') do"},
    {"LOCAL_RULE_2", "rewrite recipients",
     "FEATURE(`virtusertable'), FEATURE(`domaintable') and REWRITE_RECIPIENT(`PATTERN', `ADDRESS') "
     "do"},
    {"LOCAL_RULE_3", "rewrite every address",
     "FEATURE(`domaintable'), REWRITE_SENDER(`PATTERN', `ADDRESS') and "
     "REWRITE_RECIPIENT(`PATTERN', `ADDRESS') do"},
    {"EnvFrom", "rewrite senders",
     "MASQUERADE_AS, FEATURE(`genericstable') and REWRITE_SENDER(`PATTERN', `ADDRESS') do"},
    {"HdrFrom", "rewrite senders",
     "MASQUERADE_AS, FEATURE(`genericstable') and REWRITE_SENDER(`PATTERN', `ADDRESS') do"},
    {"EnvTo", "rewrite recipients",
     "FEATURE(`virtusertable') and REWRITE_RECIPIENT(`PATTERN', `ADDRESS') do"},
    {"HdrTo", "rewrite recipients in the header", "nothing does"},
    {"LOCAL_UUCP", "send mail by UUCP", "nothing does"},
    {"Hack_", "do what a HACK adds", "one of the features may do"},
});

}  // namespace

std::string why_no_rules(std::string_view name, std::string_view header) {
  name = name.substr(0, name.find_first_of("= \t"));
  const auto refused = [&](std::string_view usual, std::string_view here) {
    return fmt::format(
        "rewriting rules are not supported: {} is there to {}; {} (docs/rulesets.md)",
        printable(name, 60), usual, here);
  };
  if (!header.empty()) {
    return refused(
        fmt::format("check the header {}:", printable(header, 60)),
        fmt::format(
            "{}HEADER_CHECK(`{}', `PATTERN', `ACTION') does",
            iequals(header, "Message-Id") ? "FEATURE(`require_message_id', `ACTION') or " : "",
            printable(header, 60)));
  }
  for (const auto& [begin, usual, here] : kPurposes) {
    if (name.size() < begin.size() || !iequals(name.substr(0, begin.size()), begin)) continue;
    return refused(usual, here);
  }
  return fmt::format(
      "rewriting rules are not supported{}{}: docs/rulesets.md names the features that serve their "
      "purposes",
      name.empty() ? "" : ", ruleset ", printable(name, 60));
}

}  // namespace signet::conf
