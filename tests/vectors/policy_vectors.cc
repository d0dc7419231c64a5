// Puts the questions of a `bt` file of measured vectors to the policy code: policy_vectors FILE.tsv
// FOLDER. FOLDER holds CF.cf for each configuration that the rows name, and `domains`: a line
// "NAME STATE" for each name of the DNS zone. A row is compared by what it decides: pass, discard,
// quarantine, a value, or a refusal with which code, enhanced code and text. Texts are compared
// without "<address>... ", which the rows do not show. vectors/run.py calls it.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/names.h"
#include "daemon/site_policy.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"
#include "signet/policy/features.h"
#include "signet/policy/limits.h"
#include "signet/policy/route.h"
#include "signet/policy/server.h"
#include "signet/policy/tls.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

struct Row {
  std::string id, cf, access, macros, classes, ruleset, input, workspace, action, enhanced, text;

  [[nodiscard]] std::string label() const {
    return id + " cf=" + cf + " access={" + access + "} facts={" + macros + "} " + ruleset + "(" +
           input + ") -> " + workspace;
  }
};

std::vector<std::string> split_by(std::string_view text, std::string_view separator) {
  std::vector<std::string> pieces;
  for (;;) {
    const auto at = text.find(separator);
    pieces.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + separator.size());
  }
}

std::vector<Row> read_rows(const std::string& path) {
  std::ifstream file(path);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    auto fields = split_by(line, "\t");
    fields.resize(12);
    rows.push_back({fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6],
                    fields[7], fields[8], fields[9], fields[10]});
  }
  return rows;
}

std::map<std::string, std::string> facts_of(const Row& row) {
  std::map<std::string, std::string> facts;
  if (row.macros == "-") return facts;
  for (const auto& one : split_by(row.macros, " ;; ")) {
    const auto equals = one.find('=');
    facts[one.substr(0, equals)] = one.substr(equals + 1);
  }
  return facts;
}

test::FakeTable access_of(const Row& row) {
  test::FakeTable table;
  if (row.access == "-") return table;
  for (const auto& one : split_by(row.access, " ;; ")) {
    const auto blank = one.find_first_of(" \t");
    table.set(one.substr(0, blank), trim(std::string_view(one).substr(blank)));
  }
  return table;
}

mail::Verify verify_of(const std::string& text) {
  using mail::Verify;
  for (const auto verify :
       {Verify::none_yet, Verify::ok, Verify::trusted, Verify::no, Verify::not_, Verify::fail,
        Verify::none, Verify::clear, Verify::temp, Verify::protocol, Verify::software,
        Verify::config, Verify::dane_fail}) {
    if (mail::to_string(verify) == text) return verify;
  }
  return Verify::none_yet;  // USAGE, FAILURE: never set by us
}

mail::Resolve resolve_of(const std::string& text) {
  if (text == "FAIL") return mail::Resolve::fail;
  if (text == "FORGED") return mail::Resolve::forged;
  if (text == "TEMP") return mail::Resolve::temp;
  return mail::Resolve::ok;
}

// What the rows take for granted: the configurations and the DNS zone.
struct World {
  explicit World(std::string folder) : folder_(std::move(folder)) {
    std::ifstream file(folder_ + "/domains");
    for (std::string name, state; file >> name >> state;) {
      domains_[name] = state == "temporary" ? DomainState::temporary : DomainState::resolves;
    }
  }

  // A name that is not in the zone does not exist. `[address]` and names without a dot are not
  // asked for.
  [[nodiscard]] DomainState domain_of(std::string_view sender) const {
    const auto domain = to_lower(sender.substr(sender.find('@') + 1));
    const auto found = domains_.find(domain);
    return found == domains_.end() ? DomainState::no_such_domain : found->second;
  }

  const conf::Config& config(const std::string& name) {
    auto& config = configs_[name];
    if (!config) {
      auto loaded = conf::load(folder_ + "/" + name + ".cf");
      if (!loaded) throw std::runtime_error(loaded.error().what);
      config = std::move(loaded->config);
    }
    return *config;
  }

 private:
  std::string folder_;
  std::map<std::string, DomainState> domains_;
  std::map<std::string, std::optional<conf::Config>> configs_;
};

SiteOptions site_of(const conf::Config& config) {
  auto names = daemon::make_names(config);
  names.addresses = {"[127.0.0.1]", "[127.0.1.1]", "[IPv6:0:0:0:0:0:0:0:1]"};
  auto site = daemon::site_policy(config, names);
  if (!site) throw std::runtime_error(site.error().what);
  return *site;
}

std::string without_brackets(const std::string& text) {
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

// sendmail shows tokens: blanks between them and quotes around them mean nothing.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '"') out += c;
  }
  return out;
}

// One decision in words that both sides can be put into.
std::string describe(const Verdict& verdict) {
  switch (verdict.action) {
    case Action::accept:
    case Action::relay:
      return "pass";
    case Action::discard:
      return "discard";
    case Action::quarantine:
      return "quarantine " + squeezed(verdict.value);
    case Action::reject:
      break;
  }
  return std::to_string(verdict.reply.code) + " " + verdict.reply.enhanced + " " +
         squeezed(verdict.reply.text);
}

std::string describe(const Row& row) {
  if (row.action == "discard") return "discard";
  if (row.action != "error") return "pass";
  if (row.enhanced == "quarantine") return "quarantine " + squeezed(row.text);
  std::string text = squeezed(row.text);
  std::string code = "553";
  std::string enhanced = "5.3.0";
  if (text.size() >= 3 && parse_number(text.substr(0, 3))) {
    code = text.substr(0, 3);
    text.erase(0, 3);
    enhanced = code.front() == '4' ? "4.0.0" : "5.0.0";
  }
  if (row.enhanced != "-") enhanced = row.enhanced;
  return code + " " + enhanced + " " + text;
}

// Everything a row asks about, ours to own while it is judged.
struct Question {
  Question(const Row& row, World& of)
      : world(of),
        config(of.config(row.cf)),
        facts(facts_of(row)),
        table(access_of(row)),
        site(site_of(config)),
        options(daemon::access_options(config)) {
    peer.name = facts["client_name"];
    if (const auto address = IpAddress::parse(facts["client_addr"])) peer.remote.ip = *address;
    peer.resolve = resolve_of(facts["client_resolve"]);
    tls.verify = verify_of(facts["verify"]);
    tls.cipher_bits = number("cipher_bits");
    tls.cert_subject = facts["cert_subject"];
    tls.cert_issuer = facts["cert_issuer"];
    tls.cn_subject = facts["cn_subject"];
    tls.cn_issuer = facts["cn_issuer"];
    if (row.classes.starts_with("cert_altnames=")) tls.alt_names = {row.classes.substr(14)};
    auth.mechanism = facts["auth_type"];
    auth.identity = facts["auth_authen"];
    auth.author = facts["auth_author"];
    auth.bits = number("auth_ssf");
    server = facts["server_name"];
    if (const auto address = IpAddress::parse(facts["server_addr"])) server_address = *address;
    without_map = config.feature("access_db") == nullptr;
  }

  [[nodiscard]] int number(const std::string& name) {
    return static_cast<int>(parse_number(facts[name]).value_or(0));
  }
  [[nodiscard]] Access access() const { return {without_map ? nullptr : &table, options}; }
  [[nodiscard]] ClientView client() {
    const std::string_view sender = facts["f"];
    return {peer, tls, auth, facts["s"], sender, world.domain_of(sender)};
  }
  [[nodiscard]] TlsPeer peer_server() const { return {server, server_address}; }

  World& world;
  const conf::Config& config;
  std::map<std::string, std::string> facts;
  test::FakeTable table;
  SiteOptions site;
  AccessOptions options;
  mail::PeerFacts peer;
  mail::TlsFacts tls;
  mail::AuthFacts auth;
  std::string server;
  IpAddress server_address;
  bool without_map = false;
};

// What sendmail shows as tokens: "$# S V", `""`, "OK" for no entry.
std::string value_of(const Row& row) {
  std::string text = row.workspace;
  if (text.starts_with("$# ")) return squeezed(text.substr(3));
  return text == "OK" ? "" : squeezed(text);
}

struct Answer {
  std::string got;
  std::string wanted;
  std::string rule;
};

Answer verdict_of(const Row& row, const Verdict& verdict) {
  return {describe(verdict), describe(row), verdict.rule};
}

// Credentials: whether there is an entry; the rows do not show its words.
Answer auth_info_of(const Row& row, const Question& q) {
  const auto* feature = q.config.feature("authinfo") != nullptr ? &q.table : nullptr;
  const auto info = find_auth_info(q.access(), feature, q.server, q.server_address);
  return {info && *info ? "found" : "none", row.workspace == "no" ? "none" : "found", "authinfo"};
}

// Empty: a question that is no decision of ours.
std::optional<Answer> answer(const Row& row, Question& q) {
  const std::string input = without_brackets(row.input);
  if (row.ruleset == "tls_client") {
    return verdict_of(
        row, judge_tls_client(q.access(), q.site, q.client(), row.input.ends_with("MAIL")));
  }
  if (row.ruleset == "tls_server") {
    return verdict_of(row, judge_tls_server(q.access(), q.site, q.peer_server(), q.tls, q.auth));
  }
  if (row.ruleset == "tls_rcpt") {
    return verdict_of(row, judge_tls_recipient(q.access(), q.site, input, q.peer_server(), q.tls));
  }
  if (row.ruleset == "try_tls") {
    return verdict_of(row, judge_try_tls(q.access(), q.site, q.peer_server()));
  }
  if (row.ruleset == "check_relay") {
    return verdict_of(row, check_connect(q.access(), q.site, q.peer));
  }
  if (row.ruleset == "check_mail") {
    return verdict_of(
        row, check_sender(q.access(), q.site, q.client(), input, "", q.world.domain_of(input)));
  }
  if (row.ruleset == "check_rcpt") {
    return verdict_of(row, check_recipient(q.access(), q.site, q.client(), input, ""));
  }
  if (row.ruleset == "trust_auth") return verdict_of(row, check_author(q.auth, input));
  if (row.ruleset == "srv_features") {
    const auto found = find_server_features(q.access(), q.peer);
    return Answer{squeezed(found.text), value_of(row), found.rule};
  }
  if (row.ruleset == "clt_features") {
    const auto found = find_client_features(q.access());
    return Answer{squeezed(found.text), value_of(row), found.rule};
  }
  if (row.ruleset == "tls_srv_features" || row.ruleset == "tls_clt_features") {
    const auto found = row.ruleset == "tls_srv_features"
                           ? find_tls_server_features(q.access(), q.peer)
                           : find_tls_client_features(q.access(), q.peer_server());
    if (!found) return Answer{found.error().what, value_of(row), ""};
    return Answer{squeezed(found->text), value_of(row), found->rule};
  }
  if (row.ruleset == "authinfo") return auth_info_of(row, q);
  if (row.ruleset == "greet_pause") {
    const auto* feature = q.config.feature("greet_pause");
    const std::chrono::milliseconds otherwise(
        feature != nullptr ? parse_number(feature->args.at(0)).value_or(0) : 0);
    return Answer{std::to_string(greet_pause(q.access(), q.peer, otherwise).count()), value_of(row),
                  "greet_pause"};
  }
  if (row.ruleset == "ConnControl") {
    const ClientLoad load{.open = static_cast<unsigned>(q.number("client_connections")),
                          .recent = 0};
    const bool end = daemon::has_argument(q.config.feature("conncontrol"), "terminate");
    return verdict_of(row, check_connections(q.access(), q.peer, load, end));
  }
  if (row.ruleset == "RateControl") {
    const ClientLoad load{.open = 0, .recent = static_cast<unsigned>(q.number("client_rate"))};
    const bool end = daemon::has_argument(q.config.feature("ratecontrol"), "terminate");
    return verdict_of(row, check_rate(q.access(), q.peer, load, end));
  }
  return std::nullopt;
}

int run(const std::string& file, const std::string& folder) {
  World world(folder);
  std::map<std::string, int> left_out;
  int passed = 0;
  int failed = 0;
  for (const auto& row : read_rows(file)) {
    Question question(row, world);
    const auto got = answer(row, question);
    if (!got) {
      ++left_out[row.ruleset];
    } else if (got->got == got->wanted && !got->rule.empty()) {
      ++passed;
    } else {
      ++failed;
      std::cout << row.label() << "\n    expected " << got->wanted << "\n    got      " << got->got
                << "\n    rule     " << got->rule << '\n';
    }
  }
  for (const auto& [kind, count] : left_out) {
    std::cout << count << " rows ask " << kind << ", which is no decision here\n";
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace signet::policy

int main(int count, char** words) {
  if (count != 3) {
    std::cerr << "usage: policy_vectors FILE.tsv FOLDER\n";
    return 2;
  }
  try {
    return signet::policy::run(words[1], words[2]);
  } catch (const std::exception& error) {
    std::cerr << "policy_vectors: " << error.what() << '\n';
    return 2;
  }
}
