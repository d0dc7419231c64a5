// signet explain: what would become of a message from such a client, and which entry or option says
// so. The questions go to the policy functions that the daemon asks, over the maps that it reads.
#include <sys/stat.h>
#include <sysexits.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/inquiry.h"
#include "command/open_site.h"
#include "command/paths.h"
#include "signet/base/text.h"
#include "signet/daemon/daemon.h"
#include "signet/daemon/inspect.h"
#include "signet/daemon/site.h"
#include "signet/mail/address.h"
#include "signet/mail/field_reader.h"
#include "signet/net/tls_facts.h"
#include "signet/policy/aliases.h"
#include "signet/policy/features.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/route.h"
#include "signet/policy/tls.h"
#include "signet/tls/examine.h"

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

// What was said on the command line.
class Facts final {
 public:
  // An error names the word that is none.
  static Result<Facts> parse(std::span<const std::string_view> operands) {
    constexpr std::string_view kNames[] = {"client", "name",   "helo",    "daemon", "auth",
                                           "cert",   "verify", "subject", "issuer", "cn",
                                           "bits",   "domain", "from",    "to",     "header"};
    Facts facts;
    for (const auto word : operands) {
      const auto equals = std::min(word.find('='), word.size());
      const auto name = word.substr(0, equals);
      if (equals == word.size() || std::ranges::find(kNames, name) == std::end(kNames)) {
        return permanent("what is \"" + printable(word) + "\"?");
      }
      if (name == "header") {
        facts.headers_ += std::string(word.substr(equals + 1)) + "\n";
        continue;
      }
      facts.said_[std::string(name)] = word.substr(equals + 1);
    }
    return facts;
  }
  [[nodiscard]] std::string get(const std::string& name) const {
    const auto found = said_.find(name);
    return found == said_.end() ? std::string() : found->second;
  }
  [[nodiscard]] bool has(const std::string& name) const { return said_.contains(name); }
  [[nodiscard]] const std::string& headers() const { return headers_; }  // a line each

 private:
  std::map<std::string, std::string> said_;
  std::string headers_;
};

std::optional<mail::Verify> verify_named(std::string_view text) {
  using mail::Verify;
  for (const auto verify : {Verify::ok, Verify::trusted, Verify::no, Verify::not_, Verify::fail}) {
    if (iequals(mail::to_string(verify), text)) return verify;
  }
  return std::nullopt;
}

// Line of the key in the text that the map was made of, which stands beside it under its name
// without ".db". 0: not found.
unsigned line_of(const std::string& text_file, std::string_view key) {
  std::ifstream text(text_file);
  unsigned number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    const auto first = words(line, " \t\r");
    if (!first.empty() && iequals(first.front(), key)) return number;
  }
  return 0;
}

// Maps whose text was changed after they were made: what is said here is not what the text says.
void warn_of_stale_maps(const daemon::Site& site) {
  for (const auto* name : {"access_db", "mailertable", "virtusertable", "sendertable",
                           "sender_login", "genericstable", "domaintable", "authinfo"}) {
    const auto* feature = site.config->feature(name);
    if (feature == nullptr || !feature->map) continue;
    const std::string& file = feature->map->file;
    struct stat text {};
    struct stat map {};
    if (stat(file.c_str(), &text) != 0 || stat((file + ".db").c_str(), &map) != 0) continue;
    if (text.st_mtim.tv_sec <= map.st_mtim.tv_sec) continue;
    std::cout << "note: " << file << " is newer than " << file << ".db: makemap was not run\n";
  }
}

class Explainer final {
 public:
  Explainer(const daemon::Site& site, const Facts& facts)
      : site_(site), facts_(facts), inquiry_(site) {}

  Result<void> prepare() {
    const auto address = IpAddress::parse(facts_.get("client"));
    if (!address) return permanent("client= is no IP address");
    peer_.remote.ip = *address;
    peer_.name = facts_.get("name");
    peer_.resolve = peer_.name.empty() ? mail::Resolve::fail : mail::Resolve::ok;
    if (peer_.name.empty()) peer_.name = "[" + address->to_mail_string() + "]";
    if (auto auth = facts_.get("auth"); !auth.empty()) {
      const auto colon = auth.find(':');
      if (colon == std::string::npos) return permanent("auth= is not MECHANISM:IDENTITY");
      auth_.mechanism = to_upper(auth.substr(0, colon));
      auth_.identity = auth_.author = auth.substr(colon + 1);
    }
    if (!facts_.has("to")) return permanent("to= is missing");
    auto renamed = policy::rename_domain(site_.receive->domaintable.get(), facts_.get("to"));
    if (!renamed) return std::unexpected(std::move(renamed).error());
    to_ = std::move(*renamed);
    if (auto found = find_port(); !found) return found;
    return find_tls();
  }

  // 0: the mail would be taken.
  int run() {
    if (!tls_.cause.empty()) {
      say("certificate", fmt::format("verify={} ({}): {}", mail::to_string(tls_.verify),
                                     printable(tls_.verify_message), printable(tls_.cause)));
      if (!tls_.remedy.empty()) say("remedy", printable(tls_.remedy));
    } else if (facts_.has("cert")) {
      say("certificate", "verify=" + std::string(mail::to_string(tls_.verify)) + ", cert-subject=" +
                             tls_.cert_subject + ", cert-issuer=" + tls_.cert_issuer);
    }
    const auto features = policy::find_server_features(access(), peer_);
    if (!features.text.empty()) say("features", where(features.rule, features.text));
    ask_lists(policy::lists_before_connect(access(), policy_site(), peer_));
    bool passes = show("connect", policy::check_connect(access(), policy_site(), client()));
    if (passes && tls_.active()) {
      passes = show("STARTTLS", policy::judge_tls_client(access(), policy_site(), client(), false));
    }
    passes = passes && may_send(features);
    if (passes) passes = show("from", judge_sender());
    if (!to_.rule.empty()) say("renamed", where(to_.rule, to_.value));
    if (passes) {
      ask_recipient_hosts();
      passes = show("to", policy::check_recipient(access(), policy_site(), client(), to(),
                                                  mail::in_brackets(to())));
    }
    passes = passes && judge_pair() && judge_header();
    if (!passes) {
      say("result", "refused");
      return 1;
    }
    return show_route();
  }

 private:
  static void say(std::string_view what, std::string_view text) {
    std::cout << fmt::format("{:<12} {}\n", std::string(what) + ":", text);
  }

  Result<void> find_port() {
    const auto wanted = facts_.get("daemon");
    for (const auto& port : site_.ports) {
      if (wanted.empty() || iequals(port->name, wanted)) {
        port_ = port.get();
        return {};
      }
    }
    if (wanted.empty()) return {};
    return permanent("no DaemonPortOptions with Name=" + printable(wanted));
  }

  Result<void> find_tls() {
    const bool shown = facts_.has("cert") || facts_.has("verify");
    const auto bits = parse_number(facts_.has("bits") ? facts_.get("bits") : shown ? "256" : "0");
    if (!bits || *bits > 100000) return permanent("bits= is no number");
    if (*bits == 0 && !shown) return {};
    if (facts_.has("cert")) {
      if (port_ == nullptr || !port_->tls)
        return permanent("cert=: there is no TLS here to judge it");
      auto peer = tls::examine(*port_->tls, facts_.get("cert"));
      if (!peer) return std::unexpected(std::move(peer).error());
      tls_ = net::to_facts(*peer, tls::Role::server);
    } else {
      const auto verify = verify_named(facts_.has("verify") ? facts_.get("verify") : "NO");
      if (!verify) return permanent("verify= is none of OK TRUSTED NO NOT FAIL");
      tls_.verify = *verify;
      tls_.cert_subject = facts_.get("subject");
      tls_.cert_issuer = facts_.get("issuer");
      tls_.cn_subject = facts_.get("cn");
    }
    tls_.version = "TLS";
    tls_.cipher_bits = static_cast<int>(*bits);
    return {};
  }

  [[nodiscard]] policy::Access access() const {
    return {site_.receive->access_map.get(), site_.receive->access};
  }
  [[nodiscard]] const policy::SiteOptions& policy_site() const { return site_.receive->site; }
  [[nodiscard]] std::string from() const { return facts_.get("from"); }
  [[nodiscard]] const std::string& to() const { return to_.address; }
  [[nodiscard]] policy::DomainState domain() const {
    const auto state = facts_.get("domain");
    if (state == "none") return policy::DomainState::no_such_domain;
    if (state == "temporary") return policy::DomainState::temporary;
    return policy::DomainState::resolves;
  }
  [[nodiscard]] policy::ClientView client() const {
    policy::ClientView view{peer_, tls_, auth_};
    view.helo = helo_;
    view.sender = sender_;
    view.sender_domain = domain();
    view.lists = list_answers_;
    view.sender_hosts = &sender_hosts_;
    view.recipient_hosts = &recipient_hosts_;
    return view;
  }

  // What block lists say, and mail hosts are, is what DNS answers now.
  void ask_lists(const std::vector<std::string>& questions) {
    list_answers_ = inquiry_.ask_lists(questions);
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (questions[i].empty()) continue;
      say("DNS", list_words(policy_site().block_lists[i], questions[i], list_answers_[i]));
    }
  }
  void ask_recipient_hosts() {
    const auto domain = policy::recipient_hosts_to_ask(access(), policy_site(), client(), to());
    recipient_hosts_ = inquiry_.ask_mail_hosts(domain, receive::MailHostSearch::Depth::hosts);
    if (!domain.empty()) say("DNS", "MX " + mail_host_words(domain, recipient_hosts_));
  }
  void ask_sender_hosts() {
    const auto domain = policy::sender_hosts_to_ask(access(), policy_site(), client(), from());
    sender_hosts_ = inquiry_.ask_mail_hosts(domain, receive::MailHostSearch::Depth::addresses);
    if (!domain.empty()) say("DNS", "MX " + mail_host_words(domain, sender_hosts_));
  }

  // FEATURE(compat_check).
  bool judge_pair() {
    const auto verdict = policy::check_compat(access(), policy_site(), from(), to());
    return verdict.rule == "default" || show("both", verdict);
  }

  // Where the rule stands: "access:Connect:192.0.2 RELAY (/etc/mail/access line 12)".
  [[nodiscard]] std::string where(const std::string& rule, const std::string& value = {}) const {
    std::string text = printable(rule);
    if (!value.empty()) text += " " + printable(value);
    for (const auto& [prefix, feature] :
         {std::pair("access:", "access_db"), std::pair("mailertable:", "mailertable"),
          std::pair("virtusertable:", "virtusertable"), std::pair("sendertable:", "sendertable"),
          std::pair("sender_login:", "sender_login"), std::pair("genericstable:", "genericstable"),
          std::pair("domaintable:", "domaintable")}) {
      const auto* used = site_.config->feature(feature);
      if (!rule.starts_with(prefix) || used == nullptr || !used->map) continue;
      const std::string& file = used->map->file;
      const auto line =
          line_of(file, std::string_view(rule).substr(std::string_view(prefix).size()));
      text += line == 0 ? " (" + file + ".db)" : fmt::format(" ({} line {})", file, line);
    }
    return text;
  }

  // Prints the verdict; false: refused.
  bool show(std::string_view what, const policy::Verdict& verdict) {
    const std::string why = where(verdict.rule, verdict.value);
    using policy::Action;
    switch (verdict.action) {
      case Action::reject:
        say(what, printable(verdict.reply.line(), 1000) + ": " + why);
        return false;
      case Action::discard:
        discarded_ = true;
        say(what, "accepted in words and thrown away: " + why);
        return true;
      case Action::quarantine:
        say(what, "accepted and held in quarantine: " + why);
        return true;
      case Action::relay:
        say(what, "relaying allowed: " + why);
        return true;
      case Action::accept:
        say(what, "accepted: " + why);
        return true;
    }
    return false;
  }

  bool may_send(const policy::Features& features) {
    const bool wanted =
        features.says('l').value_or(port_ != nullptr && port_->session->require_auth);
    if (!wanted || auth_.done()) return true;
    say("from", "530 5.7.0 Authentication required: " +
                    (features.says('l') ? where(features.rule, features.text)
                                        : "modifier a of daemon " + port_->name));
    return false;
  }

  policy::Verdict judge_sender() {
    const auto asked = policy::sender_domain_to_resolve(access(), policy_site(), client(), from());
    if (!asked.empty() && !facts_.has("domain")) {
      say("assumed", "the domain " + printable(asked) + " resolves (domain=none: it does not)");
    }
    ask_lists(policy::lists_before_sender(access(), policy_site(), client(), from()));
    ask_sender_hosts();
    auto verdict = policy::check_sender(access(), policy_site(), client(), from(),
                                        mail::in_brackets(from()), domain());
    sender_ = from();
    return verdict;
  }

  // HEADER_CHECK and REQUIRE_HEADER, where header= says what the message has.
  bool judge_header() {
    const auto* rules = policy_site().patterns.get();
    if (rules == nullptr || !rules->about_headers()) return true;
    if (facts_.headers().empty()) {
      say("assumed", "its header passes (header=\"NAME: TEXT\", one for each field)");
      return true;
    }
    policy::HeaderJudge judge(*rules, policy::access_denied(policy_site()));
    mail::FieldReader reader(
        [&](std::string_view name, std::string_view value) { judge.on_field(name, value); });
    reader.on_content(facts_.headers());
    reader.on_end();
    const auto found =
        judge.finish(policy::is_own_client(access(), policy_site(), client()).value_or(false));
    if (!found) {
      say("header", "accepted: no rule against it");
      return true;
    }
    return show("header", found->verdict);
  }

  static std::string_view kind_of_step(std::string_view rule) {
    if (rule.starts_with("virtusertable:")) return "virtual";
    if (rule.starts_with("ldap_routing:")) return "directory";
    return rule.starts_with("REWRITE_") ? "rewrite" : "alias";
  }

  // The entries that lead to who gets the mail. False: nobody does.
  [[nodiscard]] bool show_steps(const policy::Recipients& found) const {
    for (const auto& step : found.steps) {
      if (step.value.empty()) continue;  // of a refusal: it is said there
      say(kind_of_step(step.rule), where(step.rule, step.value));
    }
    if (!found.error) return true;
    const bool has_directory = site_.receive->site.ldap_routing != nullptr;
    std::string why =
        has_directory ? "no entry of ldap_routing or virtusertable" : "no entry of virtusertable";
    if (!found.steps.empty()) why = found.steps.back().rule;
    if (why.starts_with("mailertable:")) why = where(why);
    if (!found.trouble.empty()) why = found.trouble;
    say("result", printable(found.error->line(), 1000) + ": " + printable(why, 1000));
    return false;
  }

  int show_route() {
    if (discarded_) {
      say("result", "discarded");
      return EX_OK;
    }
    const auto found = policy::find_recipients(receive::aliases(*site_.receive), to());
    if (!show_steps(found)) return 1;
    // A list is taken whatever becomes of its members.
    if (found.members.size() == 1) return show_member(found.members.front());
    for (const auto& member : found.members) {
      say("member", printable(member.address));
      (void)show_member(member);
    }
    return EX_OK;
  }

  int show_member(const mail::Recipient& member) {
    if (!member.owner.empty() && !from().empty()) {
      say("envelope", "from " + printable(member.owner) + ": the owner of the list");
    }
    const std::string as = " with the rights of " +
                           (member.user.empty() ? "DefaultUser" : "user " + printable(member.user));
    switch (member.kind) {
      case mail::Recipient::Kind::program:
        say("result", "to the program " + printable(member.address.substr(1), 1000) + as);
        return EX_OK;
      case mail::Recipient::Kind::file:
        say("result", "to the file " + printable(member.address, 1000) + as);
        return EX_OK;
      case mail::Recipient::Kind::list: {
        say("result",
            "to the members of " + printable(member.address, 1000) + ", read at delivery" + as);
        const auto fault = daemon::fault_of_list(*site_.config, member.address.substr(9));
        if (fault) say("unreadable", printable(*fault, 1000));
        return fault ? 1 : EX_OK;
      }
      case mail::Recipient::Kind::address:
      case mail::Recipient::Kind::mailbox:
        break;
    }
    return show_route_of(member.address);
  }

  // The sender as others see it, where that is somebody else.
  void show_sender(std::string_view mailer) const {
    for (const auto& [what, place] : {std::pair("envelope", policy::Place::envelope),
                                      std::pair("header", policy::Place::header)}) {
      const auto found = policy::rewrite_address(
          site_.deliver->site, site_.deliver->rewriting, from(),
          {.role = policy::Role::sender, .place = place, .way = policy::way_of(mailer)});
      if (!found) {
        say(what, "waits: " + found.error().what);
      } else if (!found->rule.empty()) {
        say(what, printable(fmt::format("from {}: ", found->address), 1000) +
                      where(found->rule, found->value));
      }
    }
  }

  int show_route_of(const std::string& given) {
    const auto renamed = policy::rename_domain(site_.receive->domaintable.get(), given);
    if (!renamed) {
      say("result", "waits: " + renamed.error().what);
      return EX_OK;
    }
    if (!renamed->rule.empty()) say("renamed", where(renamed->rule, renamed->value));
    const std::string& address = renamed->address;
    auto route = policy::route(deliver::routing(*site_.deliver, sender_), address);
    if (!route) {
      say("result", "waits: " + route.error().what);
      return EX_OK;
    }
    using enum policy::Route::Kind;
    if (route->kind == local && !site_.receive->is_local_user(route->user)) {
      // Who is told to take the mail of nobody must be somebody himself.
      auto luser = policy::route_unknown_user(deliver::routing(*site_.deliver, sender_), address);
      if (luser && luser->kind != local) route = std::move(*luser);
    }
    if (!from().empty() && route->kind != policy::Route::Kind::error) show_sender(route->mailer);
    const std::string why = where(route->rule);
    switch (route->kind) {
      case policy::Route::Kind::error:
        say("result", printable(route->error.line()) + ": " + why);
        return 1;
      case policy::Route::Kind::local: {
        const bool known = site_.receive->is_local_user(route->user);
        say("result", known ? "to the mailbox of " + printable(route->user) + ": " + why
                            : "550 5.1.1 User unknown: there is no user " + printable(route->user));
        return known ? EX_OK : 1;
      }
      case policy::Route::Kind::remote:
        break;
    }
    say("result", "goes on by mailer " + route->mailer + ": " + why);
    for (const auto& hop : route->hops) show_hop(hop);
    return EX_OK;
  }

  // What TLS a next hop must offer, and what happens else: the same question for three servers.
  void show_hop(const policy::NextHop& hop) {
    say("next hop", fmt::format("{} port {}{}", printable(hop.host), hop.port,
                                hop.use_mx ? ", by its MX hosts" : ""));
    const auto address = IpAddress::parse(hop.host);
    const policy::TlsPeer server{hop.host, address ? *address : IpAddress()};
    const auto attempt = policy::judge_try_tls(access(), policy_site(), server);
    if (attempt.rejected())
      say("Try_TLS", "STARTTLS is not used: " + where(attempt.rule, attempt.value));
    mail::TlsFacts none;
    none.verify = mail::Verify::none;
    mail::TlsFacts unverified;
    unverified.verify = mail::Verify::fail;
    unverified.version = "TLS";
    unverified.cipher_bits = 256;
    mail::TlsFacts verified = unverified;
    verified.verify = mail::Verify::ok;
    verified.cn_subject = hop.host;
    const std::pair<std::string_view, const mail::TlsFacts*> cases[] = {
        {"without TLS", &none}, {"unverified", &unverified}, {"verified", &verified}};
    for (const auto& [what, tls] : cases) {
      if (attempt.rejected() && tls != &none) continue;
      const auto verdict =
          policy::judge_tls_server(access(), policy_site(), server, *tls, mail::AuthFacts());
      const std::string rule =
          verdict.rule == "default" ? "no TLS_Srv: entry" : where(verdict.rule, verdict.value);
      if (!verdict.rejected()) {
        say(what, "mail is sent: " + rule);
      } else {
        say(what, fmt::format("{}, mail {}: {}", printable(verdict.reply.line()),
                              verdict.reply.permanent() ? "comes back" : "waits", rule));
      }
    }
  }

  const daemon::Site& site_;
  const Facts& facts_;
  const receive::Port* port_ = nullptr;
  mail::PeerFacts peer_;
  mail::TlsFacts tls_;
  mail::AuthFacts auth_;
  const std::string helo_ = facts_.get("helo");
  std::string sender_;
  policy::RewrittenAddress to_;
  bool discarded_ = false;
  Inquiry inquiry_;
  std::vector<policy::ListAnswer> list_answers_;
  policy::MailHosts sender_hosts_;
  policy::MailHosts recipient_hosts_;
};

int fail(std::string_view what, int status) {
  std::cerr << what << '\n';
  return status;
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
  const auto facts = Facts::parse(arguments.operands());
  if (!facts) return fail(facts.error().what + "\n" + std::string(kExplainUsage), EX_USAGE);
  const auto site = open_site(source);
  if (!site) return site.error();
  Explainer explainer(**site, *facts);
  if (auto ready = explainer.prepare(); !ready) {
    return fail(ready.error().what + "\n" + std::string(kExplainUsage), EX_USAGE);
  }
  warn_of_stale_maps(**site);
  return explainer.run();
}

}  // namespace signet::command
