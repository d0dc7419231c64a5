// signet explain: what would become of a message from such a client, and which entry or option says
// so. The questions go to the policy functions that the daemon asks, over the maps that it reads.
#include <sysexits.h>

#include <iostream>

#include <fmt/format.h>

#include "command/arguments.h"
#include "command/checks.h"
#include "command/faces.h"
#include "command/open_site.h"
#include "command/paths.h"
#include "command/telling.h"
#include "command/told_facts.h"
#include "command/way_on.h"
#include "signet/base/text.h"
#include "signet/daemon/daemon.h"
#include "signet/daemon/site.h"
#include "signet/mail/field_reader.h"
#include "signet/policy/features.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/tls.h"

namespace signet::command {
namespace {

constexpr std::string_view kExplainUsage =
    "usage: signet explain [-C FILE] client=ADDRESS [name=HOST] [helo=NAME] [daemon=NAME]\n"
    "         [auth=MECHANISM:IDENTITY] [cert=FILE.pem | verify=WORD subject=DN issuer=DN "
    "cn=NAME]\n"
    "         [bits=N] [domain=resolves|none|temporary] [from=ADDRESS] to=ADDRESS\n"
    "         [header=\"NAME: TEXT\"]...\n"
    "name: of the client, as DNS confirms it; none: it has none. DNs as the log shows them.\n"
    "bits: of the cipher; 256 with cert or verify, else 0: no TLS.\n";

// The way of one message through the checks, each told as it is asked.
class Explainer final {
 public:
  struct Mail {
    std::string from;
    policy::RewrittenAddress to;
  };

  Explainer(const daemon::Site& site, const receive::Port* port, const ToldFacts& facts, Mail mail,
            ClientFacts client, Telling& telling)
      : site_(site),
        port_(port),
        facts_(facts),
        mail_(std::move(mail)),
        telling_(telling),
        inquiry_(site),
        checks_(inquiry_, {site.receive->access_map.get(), site.receive->access},
                site.receive->site, std::move(client),
                [this](const std::string& answer) { telling_.say("DNS", answer); }) {}

  // 0: the mail would be taken.
  int run() {
    show_certificate();
    const auto features = policy::find_server_features(checks_.access(), checks_.client().peer);
    if (!features.text.empty()) {
      telling_.say("features", telling_.where(features.rule, features.text));
    }
    bool passes = show("connect", checks_.connect());
    if (passes && checks_.client().tls.active()) {
      passes = show("STARTTLS", policy::judge_tls_client(checks_.access(), checks_.options(),
                                                         checks_.view(), false));
    }
    passes = passes && may_send(features);
    if (passes) passes = show("from", judge_sender());
    if (!mail_.to.rule.empty()) {
      telling_.say("renamed", telling_.where(mail_.to.rule, mail_.to.value));
    }
    if (passes) passes = show("to", checks_.recipient(mail_.to.address));
    passes = passes && judge_pair() && judge_header();
    if (!passes || discarded_) {
      telling_.say("result", passes ? "discarded" : "refused");
      return passes ? EX_OK : 1;
    }
    return WayOn(site_, mail_.from, telling_).show(mail_.to.address);
  }

 private:
  void show_certificate() {
    const auto& tls = checks_.client().tls;
    const std::string verify = "verify=" + std::string(mail::to_string(tls.verify));
    if (!tls.cause.empty()) {
      telling_.say("certificate", fmt::format("{} ({}): {}", verify, printable(tls.verify_message),
                                              printable(tls.cause)));
      if (!tls.remedy.empty()) telling_.say("remedy", printable(tls.remedy));
    } else if (facts_.has("cert")) {
      telling_.say("certificate", verify + ", cert-subject=" + tls.cert_subject +
                                      ", cert-issuer=" + tls.cert_issuer);
    }
  }

  // Prints the verdict; false: refused.
  bool show(std::string_view what, const policy::Verdict& verdict) {
    const std::string why = telling_.where(verdict.rule, verdict.value);
    using policy::Action;
    switch (verdict.action) {
      case Action::reject:
        telling_.say(what, printable(verdict.reply.line(), 1000) + ": " + why);
        return false;
      case Action::discard:
        discarded_ = true;
        telling_.say(what, "accepted in words and thrown away: " + why);
        return true;
      case Action::quarantine:
        telling_.say(what, "accepted and held in quarantine: " + why);
        return true;
      case Action::relay:
        telling_.say(what, "relaying allowed: " + why);
        return true;
      case Action::accept:
        telling_.say(what, "accepted: " + why);
        return true;
    }
    return false;
  }

  bool may_send(const policy::Features& features) {
    const bool wanted =
        features.says('l').value_or(port_ != nullptr && port_->session->require_auth);
    if (!wanted || checks_.client().auth.done()) return true;
    telling_.say("from", "530 5.7.0 Authentication required: " +
                             (features.says('l') ? telling_.where(features.rule, features.text)
                                                 : "modifier a of daemon " + port_->name));
    return false;
  }

  policy::Verdict judge_sender() {
    const auto asked = policy::sender_domain_to_resolve(checks_.access(), checks_.options(),
                                                        checks_.view(), mail_.from);
    if (!asked.empty() && !facts_.has("domain")) {
      telling_.say("assumed",
                   "the domain " + printable(asked) + " resolves (domain=none: it does not)");
    }
    return checks_.sender(mail_.from);
  }

  // FEATURE(compat_check).
  bool judge_pair() {
    const auto verdict =
        policy::check_compat(checks_.access(), checks_.options(), mail_.from, mail_.to.address);
    return verdict.rule == "default" || show("both", verdict);
  }

  // HEADER_CHECK and REQUIRE_HEADER, where header= says what the message has.
  bool judge_header() {
    const auto* rules = checks_.options().patterns.get();
    if (rules == nullptr || !rules->about_headers()) return true;
    if (facts_.headers().empty()) {
      telling_.say("assumed", "its header passes (header=\"NAME: TEXT\", one for each field)");
      return true;
    }
    policy::HeaderJudge judge(*rules, policy::access_denied(checks_.options()));
    mail::FieldReader reader(
        [&](std::string_view name, std::string_view value) { judge.on_field(name, value); });
    reader.on_content(facts_.headers());
    reader.on_end();
    const auto found = judge.finish(
        policy::is_own_client(checks_.access(), checks_.options(), checks_.view()).value_or(false));
    if (!found) {
      telling_.say("header", "accepted: no rule against it");
      return true;
    }
    return show("header", found->verdict);
  }

  const daemon::Site& site_;
  const receive::Port* port_;  // null: there is none
  const ToldFacts& facts_;
  const Mail mail_;
  Telling& telling_;
  bool discarded_ = false;
  Inquiry inquiry_;
  Checks checks_;
};

int fail(std::string_view what, int status) {
  std::cerr << what << '\n';
  return status;
}

// By its Name=; the first one where none is wanted, null where there is none.
Result<const receive::Port*> find_port(const daemon::Site& site, std::string_view wanted) {
  for (const auto& port : site.ports) {
    if (wanted.empty() || iequals(port->name, wanted)) return port.get();
  }
  if (wanted.empty()) return nullptr;
  return permanent("no DaemonPortOptions with Name=" + printable(wanted));
}

Result<Explainer::Mail> mail_of(const daemon::Site& site, const ToldFacts& facts) {
  if (!facts.has("to")) return permanent("to= is missing");
  auto renamed = policy::rename_domain(site.receive->domaintable.get(), facts.get("to"));
  if (!renamed) return std::unexpected(std::move(renamed).error());
  return Explainer::Mail{facts.get("from"), std::move(*renamed)};
}

Result<int> explain_mail(const daemon::Site& site, const ToldFacts& facts) {
  const auto port = find_port(site, facts.get("daemon"));
  if (!port) return std::unexpected(port.error());
  auto client = facts.client(*port);
  if (!client) return std::unexpected(std::move(client).error());
  auto mail = mail_of(site, facts);
  if (!mail) return std::unexpected(std::move(mail).error());
  Telling telling(*site.config, std::cout);
  telling.warn_of_stale_maps();
  return Explainer(site, *port, facts, std::move(*mail), std::move(*client), telling).run();
}

}  // namespace

int explain(std::span<const std::string_view> args) {
  daemon::ConfigurationSource source;
  source.cf_dir = default_cf_dir();
  Arguments arguments(args);
  while (const auto option = arguments.next_option()) {
    const auto value = option->front() == 'C' ? arguments.value(*option) : std::nullopt;
    if (!value) return fail(kExplainUsage, EX_USAGE);
    source.file = *value;
  }
  const auto facts = ToldFacts::parse(arguments.operands());
  if (!facts) return fail(facts.error().what + "\n" + std::string(kExplainUsage), EX_USAGE);
  const auto site = open_site(source);
  if (!site) return site.error();
  const auto status = explain_mail(**site, *facts);
  if (!status) return fail(status.error().what + "\n" + std::string(kExplainUsage), EX_USAGE);
  return *status;
}

}  // namespace signet::command
