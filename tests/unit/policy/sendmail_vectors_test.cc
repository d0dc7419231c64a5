// What a real sendmail answered, row by row, against our answers: bt.tsv of the measured vectors,
// which lie beside the source tree and are not part of it. A row is compared by what it decides:
// pass, discard, quarantine, or refuse with which code, enhanced code and text. Texts are compared
// without "<address>... ", which the rows do not show.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "signet/base/text.h"
#include "signet/policy/route.h"
#include "signet/policy/server.h"
#include "signet/policy/tls.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

const std::string kVectors = std::string(SIGNET_SOURCE_DIR) + "/../shared/vectors/bt.tsv";

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

std::vector<Row> read_rows() {
  std::ifstream file(kVectors);
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

// The variants of the configuration, as their mc files say.
SiteOptions site_of(const std::string& cf) {
  SiteOptions site;
  site.host = "mx.spec.test";
  site.local_domains = {"mx.spec.test", "localhost", "[127.0.0.1]", "[127.0.1.1]",
                        "[IPv6:0:0:0:0:0:0:0:1]"};
  if (cf == "accun") site.accept_unqualified_senders = site.accept_unresolvable_domains = true;
  if (cf == "altnames") site.check_alt_names = true;
  if (cf == "badhelo" || cf == "badhelodelay") site.block_bad_helo = true;
  if (cf == "bl" || cf == "skip") site.check_recipients = true;
  if (cf == "delay" || cf == "badhelodelay") site.delay_checks = Delay::all;
  if (cf == "friend") site.delay_checks = Delay::friend_;
  if (cf == "hater") site.delay_checks = Delay::hater;
  if (cf == "hostsonly") site.relay_hosts_only = true;
  if (cf == "hostsonly") site.relay_domains = {"rd.test"};
  if (cf == "reldom") site.relay_domains = {"rd.test", "10.9.8"};
  if (cf == "mailfrom") site.relay_mail_from = RelayBySender::address_or_domain;
  if (cf == "permerr" || cf == "noaccess_permerr") site.permanent_tls_errors = true;
  if (cf == "promisc") site.promiscuous_relay = true;
  if (cf == "rdns") site.require_rdns = true;
  if (cf == "rejmsg") site.reject_message = "550 Go away";
  if (cf == "rejmsg") site.relay_message = "\"551 5.7.1 no relay here\"";
  if (cf == "certregex") {
    site.issuer_rewrite = site.subject_rewrite = *CertificateRewrite::make("-s1 CN=([^/]+)");
  }
  return site;
}

DomainState domain_of(std::string_view sender) {
  if (sender.ends_with("tempfail.test")) return DomainState::temporary;
  if (sender.ends_with("nxdomain.test")) return DomainState::no_such_domain;
  return DomainState::resolves;
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
  explicit Question(const Row& row)
      : facts(facts_of(row)), table(access_of(row)), site(site_of(row.cf)) {
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
    options.skip = row.cf == "skip";
    options.lookup_dot_domain = row.cf == "dotdom";
    options.relay_to_full_address = row.cf == "fulladdr";
    server = facts["server_name"];
    if (const auto address = IpAddress::parse(facts["server_addr"])) server_address = *address;
    without_map = row.cf.starts_with("noaccess");
  }

  [[nodiscard]] int number(const std::string& name) {
    return static_cast<int>(parse_number(facts[name]).value_or(0));
  }
  [[nodiscard]] Access access() const { return {without_map ? nullptr : &table, options}; }
  [[nodiscard]] ClientView client() {
    const std::string_view sender = facts["f"];
    return {peer, tls, auth, facts["s"], sender, domain_of(sender)};
  }
  [[nodiscard]] TlsPeer peer_server() const { return {server, server_address}; }

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

// Empty: a kind of question that is not ours.
std::optional<Verdict> answer(const Row& row, Question& q) {
  const std::string input = without_brackets(row.input);
  if (row.ruleset == "tls_client") {
    return judge_tls_client(q.access(), q.site, q.client(), row.input.ends_with("MAIL"));
  }
  if (row.ruleset == "tls_server") {
    return judge_tls_server(q.access(), q.site, q.peer_server(), q.tls, q.auth);
  }
  if (row.ruleset == "tls_rcpt") {
    return judge_tls_recipient(q.access(), q.site, input, q.peer_server(), q.tls);
  }
  if (row.ruleset == "try_tls") return judge_try_tls(q.access(), q.site, q.peer_server());
  if (row.ruleset == "check_relay") return check_connect(q.access(), q.site, q.peer);
  if (row.ruleset == "check_mail") {
    return check_sender(q.access(), q.site, q.client(), input, "", domain_of(input));
  }
  if (row.ruleset == "check_rcpt") {
    return check_recipient(q.access(), q.site, q.client(), input, "");
  }
  if (row.ruleset == "trust_auth") return check_author(q.auth, input);
  return std::nullopt;
}

class SendmailVectors : public testing::Test {
 protected:
  void SetUp() override {
    rows = read_rows();
    if (rows.empty()) GTEST_SKIP() << "NOT COMPARED WITH SENDMAIL: " << kVectors << " is absent";
  }
  std::vector<Row> rows;
};

TEST_F(SendmailVectors, EveryDecisionIsTheSame) {
  std::map<std::string, int> left_out;
  int compared = 0;
  for (const auto& row : rows) {
    Question question(row);
    const auto verdict = answer(row, question);
    if (!verdict) {
      ++left_out[row.ruleset];
      continue;
    }
    ++compared;
    EXPECT_EQ(describe(*verdict), describe(row)) << row.label() << "\nrule: " << verdict->rule;
    EXPECT_FALSE(verdict->rule.empty()) << row.label();
  }
  EXPECT_GE(compared, 300);
  std::cout << "compared " << compared << " rows; not ours:";
  for (const auto& [kind, count] : left_out) std::cout << ' ' << kind << '=' << count;
  std::cout << '\n';
}

// Credentials: the words of the entry, taken apart.
TEST_F(SendmailVectors, EveryAuthinfoEntryIsFoundOrNot) {
  int compared = 0;
  for (const auto& row : rows) {
    if (row.ruleset != "authinfo") continue;
    ++compared;
    Question question(row);
    const auto* feature = row.cf == "authinfo" ? &question.table : nullptr;
    const auto info =
        find_auth_info(question.access(), feature, question.server, question.server_address);
    ASSERT_TRUE(info) << row.label();
    EXPECT_EQ(info->has_value(), row.workspace != "no") << row.label();
    if (!*info) continue;
    EXPECT_EQ((*info)->user, "bob");
    EXPECT_EQ((*info)->password.reveal(), row.access.contains("P=") ? "secret" : "s");
  }
  EXPECT_EQ(compared, 6);
}

}  // namespace
}  // namespace signet::policy
