#include "signet/conf/mc.h"

#include <sys/stat.h>

#include <filesystem>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/conf/load.h"
#include "signet/conf/macros.h"
#include "support/temporary_directory.h"

namespace signet::conf {
namespace {

const std::string kCfDir = SIGNET_SOURCE_DIR "/cf";

constexpr std::string_view kArticle = R"(divert(-1)
divert(0)dnl
VERSIONID(`first site')
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
define(`confAUTH_OPTIONS', `A p y')dnl
define(`confAUTH_MECHANISMS', `LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
TRUST_AUTH_MECH(`LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
define(`confTLS_SRV_OPTIONS', `V')dnl
define(`CERT_DIR', `/etc/mail/certs')dnl
define(`confCACERT_PATH', `CERT_DIR')dnl
define(`confCACERT', `CERT_DIR/CA.pem')dnl
define(`confSERVER_CERT', `CERT_DIR/mail.pem')dnl
define(`confSERVER_KEY', `CERT_DIR/mail.key')dnl
define(`confCLIENT_CERT', `CERT_DIR/mail.pem')dnl
define(`confCLIENT_KEY', `CERT_DIR/mail.key')dnl
DAEMON_OPTIONS(`Port=smtp, Name=MTA')dnl
DAEMON_OPTIONS(`Port=submission, Name=MSA, M=Ea')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')dnl
FEATURE(`mailertable')dnl
FEATURE(`authinfo')dnl
define(`SMART_HOST', `[relay.example.net]:587')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
O CipherList=ALL:ADH:@STRENGTH
)";

class Mc : public testing::Test {
 protected:
  Result<Compiled> compile(std::string_view text) {
    path_ = folder_.write("site.mc", text);
    return compile_mc(path_, kCfDir);
  }
  // Both steps, of a site with the mailers; the first that fails fails the test.
  Config load(std::string_view text) {
    const bool whole = text.find("MAILER(`local')") != std::string_view::npos;
    auto compiled = compile(std::string(text) + (whole ? "" : "MAILER(`local')dnl\n"));
    EXPECT_TRUE(compiled) << compiled.error().what;
    if (!compiled) return {};
    auto loaded = parse(compiled->text, folder_ / "site.cf");
    EXPECT_TRUE(loaded) << loaded.error().what << "\n" << compiled->text;
    if (!loaded) return {};
    warnings_ = compiled->warnings;
    warnings_.insert(warnings_.end(), loaded->warnings.begin(), loaded->warnings.end());
    return std::move(loaded->config);
  }
  // The error of either step, with the mc's path taken out.
  std::string fault(std::string_view text) {
    auto compiled = compile(text);
    Error error;
    if (compiled) {
      auto loaded = parse(compiled->text, folder_ / "site.cf");
      if (loaded) return {};
      error = loaded.error();
    } else {
      error = compiled.error();
    }
    std::string what = error.what;
    for (auto at = what.find(path_); at != std::string::npos; at = what.find(path_)) {
      what.replace(at, path_.size(), "site.mc");
    }
    return what;
  }

  test::TemporaryDirectory folder_;
  std::string path_;
  Warnings warnings_;
};

TEST_F(Mc, CompilesTheArticleAsItStands) {
  const Config config = load(kArticle);
  // Only what DOMAIN(`generic') brings along: redirect, its class, ForwardPath, a file of names.
  for (const auto& warning : warnings_) {
    EXPECT_NE(warning.to_string().find("site.mc:5: "), std::string::npos) << warning.to_string();
  }
  EXPECT_TRUE(config.auth.no_plaintext_without_layer);
  EXPECT_TRUE(config.auth.no_anonymous);
  EXPECT_EQ(config.auth.mechanisms,
            (std::vector<std::string>{"LOGIN", "PLAIN", "CRAM-MD5", "DIGEST-MD5"}));
  EXPECT_EQ(config.trusted_mechanisms(), config.auth.mechanisms);
  EXPECT_FALSE(config.tls.request_client_certificate);
  EXPECT_EQ(config.tls.ca_path, "/etc/mail/certs");
  EXPECT_EQ(config.tls.ca_file, "/etc/mail/certs/CA.pem");
  EXPECT_EQ(config.tls.server_certificates, (std::vector<std::string>{"/etc/mail/certs/mail.pem"}));
  EXPECT_EQ(config.tls.server_keys, (std::vector<std::string>{"/etc/mail/certs/mail.key"}));
  EXPECT_EQ(config.tls.client_keys, (std::vector<std::string>{"/etc/mail/certs/mail.key"}));
  EXPECT_EQ(config.tls.cipher_list, "ALL:ADH:@STRENGTH");
  ASSERT_EQ(config.daemon_ports.size(), 2U);
  EXPECT_EQ(config.daemon_ports[0].name, "MTA");
  EXPECT_EQ(config.daemon_ports[0].port, 25);
  EXPECT_EQ(config.daemon_ports[1].port, 587);
  EXPECT_TRUE(config.daemon_ports[1].has(Modifier::require_auth));
  ASSERT_NE(config.feature("access_db"), nullptr);
  EXPECT_EQ(config.feature("access_db")->map->file, "/etc/mail/access");
  EXPECT_EQ(config.feature("access_db")->map->on_temporary, "<TMPF>");
  EXPECT_EQ(config.feature("mailertable")->map->file, "/etc/mail/mailertable");
  EXPECT_EQ(config.feature("authinfo")->map->file, "/etc/mail/authinfo");
  EXPECT_EQ(config.smart_host(), "[relay.example.net]:587");
  EXPECT_NE(config.mailer("esmtp"), nullptr);
  EXPECT_NE(config.mailer("local"), nullptr);
}

TEST_F(Mc, TakesTheOtherNamesOfTheFirstStep) {
  const Config config = load(R"(OSTYPE(`linux')dnl
MASQUERADE_AS(`example.org')dnl
RELAY_DOMAIN(`example.net')dnl
RELAY_DOMAIN(`192.0.2')dnl
LOCAL_DOMAIN(`mail.example.org')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`confMAX_MESSAGE_SIZE', `5000000')dnl
define(`confTO_COMMAND', `5m')dnl
define(`confTO_QUEUERETURN', `2d')dnl
define(`confLOG_LEVEL', `14')dnl
define(`QUEUE_DIR', `/var/spool/other')dnl
define(`confMIN_QUEUE_AGE', `27m')dnl
define(`confDELIVERY_MODE', `queue')dnl
MAILER(`smtp')dnl
)");
  EXPECT_EQ(config.macro("M"), "example.org");
  EXPECT_EQ(config.relay_domains(), (std::vector<std::string>{"example.net", "192.0.2"}));
  EXPECT_EQ(config.local_domains(), (std::vector<std::string>{"mail.example.org", "localhost"}));
  EXPECT_NE(config.feature("accept_unresolvable_domains"), nullptr);
  EXPECT_EQ(config.max_message_bytes, 5000000U);
  EXPECT_EQ(config.timeouts.command, std::chrono::minutes(5));
  EXPECT_EQ(config.timeouts.queue_return, std::chrono::days(2));
  EXPECT_EQ(config.log_level, 14U);
  EXPECT_EQ(config.queue_directory, "/var/spool/other");
  EXPECT_EQ(config.min_queue_age, std::chrono::minutes(27));
  EXPECT_EQ(config.delivery_mode, DeliveryMode::queue_only);
  // Without FEATURE(`no_default_msa') there is a submission port.
  ASSERT_EQ(config.daemon_ports.size(), 2U);
  EXPECT_EQ(config.daemon_ports[1].name, "MSA");
  EXPECT_EQ(config.daemon_ports[1].port, 587);
}

TEST_F(Mc, QueueDirectoryHasTwoSpellings) {
  EXPECT_EQ(load("OSTYPE(`linux')dnl\ndefine(`confQUEUE_DIR', `/q')dnl\n").queue_directory, "/q");
}

TEST_F(Mc, ReadsLocalHostNames) {
  const auto names = folder_.write("names", "# ours\nexample.org\n  two.example.org  # second\n");
  const Config config = load("OSTYPE(`linux')dnl\ndefine(`confCW_FILE', `" + names +
                             "')dnl\nFEATURE(`use_cw_file')dnl\n");
  EXPECT_EQ(config.local_domains(),
            (std::vector<std::string>{"localhost", "example.org", "two.example.org"}));
}

TEST_F(Mc, ReadsVirtualDomains) {
  const auto names = folder_.write("domains", "three.test  # the third\n");
  const Config config = load(
      "OSTYPE(`linux')dnl\nFEATURE(`virtusertable', `hash -o /etc/mail/vut')dnl\n"
      "FEATURE(`virtuser_entire_domain')dnl\n"
      "VIRTUSER_DOMAIN(`one.test two.test')dnl\nVIRTUSER_DOMAIN_FILE(`" +
      names + "')dnl\n");
  ASSERT_NE(config.feature("virtusertable"), nullptr);
  EXPECT_EQ(config.feature("virtusertable")->map->file, "/etc/mail/vut");
  EXPECT_TRUE(config.feature("virtusertable")->map->optional);
  EXPECT_NE(config.feature("virtuser_entire_domain"), nullptr);
  EXPECT_EQ(config.members("VirtHost"),
            (std::vector<std::string>{"one.test", "two.test", "three.test"}));
  const Config plain = load("OSTYPE(`linux')dnl\nFEATURE(`virtusertable')dnl\n");
  EXPECT_EQ(plain.feature("virtusertable")->map->file, "/etc/mail/virtusertable");
}

TEST_F(Mc, CarriesTextWithoutChangingIt) {
  const Config config = load(
      "OSTYPE(`linux')dnl\n"
      "define(`confSMTP_LOGIN_MSG', `$j, index of len, \"quoted\" #1')dnl\n"
      "FEATURE(`mailertable', `text -k0 -v1 /etc/mail/index,len')dnl\n");
  EXPECT_EQ(config.greeting, "$j, index of len, \"quoted\" #1");
  EXPECT_EQ(config.feature("mailertable")->map->file, "/etc/mail/index,len");
}

struct Bad {
  const char* name;
  const char* text;
  const char* want;  // somewhere in the error
};

class McError : public Mc, public testing::WithParamInterface<Bad> {};

TEST_P(McError, NamesFileLineAndCause) {
  const std::string got = fault(GetParam().text);
  EXPECT_NE(got.find(GetParam().want), std::string::npos) << got;
}

INSTANTIATE_TEST_SUITE_P(
    All, McError,
    testing::Values(
        Bad{"misspelt_define", "OSTYPE(`linux')dnl\ndefine(`confLOG_LEVLE', `9')dnl\n",
            "site.mc:2: unknown define confLOG_LEVLE, did you mean confLOG_LEVEL?"},
        Bad{"smart_host", "OSTYPE(`linux')dnl\n\ndefine(`SMARTHOST', `x')dnl\n",
            "site.mc:3: unknown define SMARTHOST, did you mean SMART_HOST?"},
        Bad{"order", "OSTYPE(`linux')dnl\nMAILER(`smtp')dnl\nFEATURE(`access_db')dnl\n",
            "site.mc:3: FEATURE(access_db) must come before MAILER"},
        Bad{"endless",
            "OSTYPE(`linux')dnl\ndefine(`SOME', `much text, so that it is soon too much, "
            "and once more SOME')dnl\nSOME\n",
            "site.mc:2: this define has its own name in its value, so m4 comes to no end"},
        Bad{"host_of_a_mailer",
            "OSTYPE(`linux')dnl\ndefine(`RELAY_MAILER_ARGS', `TCP a.test 587')dnl\n"
            "MAILER(`smtp')dnl\n",
            "site.mc:3: mailer relay: TCP a.test 587 names a host: write $h instead"},
        Bad{"wrong_quotes", "OSTYPE(`linux')dnl\nFEATURE('authinfo','hash /a')dnl\n",
            "site.mc:2: a name stands between ` and ', as FEATURE(`access_db')"},
        Bad{"feature", "OSTYPE(`linux')dnl\nFEATURE(`acess_db')dnl\n",
            "site.mc:2: unknown FEATURE acess_db, did you mean access_db?"},
        Bad{"later_feature", "OSTYPE(`linux')dnl\nFEATURE(`prefixmod')dnl\n",
            "site.mc:2: FEATURE prefixmod is not supported yet"},
        Bad{"header_form", "OSTYPE(`linux')dnl\ndefine(`confFROM_HEADER', `${who_knows}')dnl\n",
            "site.mc:2: form of from: macro who_knows is not known when the field is written"},
        Bad{"later_mailer", "OSTYPE(`linux')dnl\nMAILER(`uucp')dnl\n",
            "site.mc:2: mailer uucp is not supported yet"},
        Bad{"own_mailer", "OSTYPE(`linux')dnl\nMAILER_DEFINITIONS\nMpigeon, P=[IPC], A=TCP $h\n",
            "site.mc:3: mailer pigeon is not supported: a mailer of one's own is a program"},
        Bad{"mailer_without_arguments",
            "OSTYPE(`linux')dnl\nMAILER_DEFINITIONS\nMpigeon, P=/bin/pigeon, F=nu\n",
            "site.mc:3: mailer pigeon: A= is missing"},
        Bad{"filter", "OSTYPE(`linux')dnl\nINPUT_MAIL_FILTER(`f', `S=pipe:/f')dnl\n",
            "site.mc:2: Xf: S=: unknown socket type pipe"},
        Bad{"filter_unknown",
            "OSTYPE(`linux')dnl\nMAIL_FILTER(`dkim', `S=local:/f')dnl\n"
            "define(`confINPUT_MAIL_FILTERS', `dkin')dnl\n",
            "InputMailFilters: mail filter dkin is not defined, did you mean dkim?"},
        Bad{"argument", "OSTYPE(`linux')dnl\nFEATURE(`delay_checks', `frend')dnl\n",
            "site.mc:2: FEATURE delay_checks: unknown argument frend, did you mean "
            "friend?"},
        Bad{"argument_behind_map",
            "OSTYPE(`linux')dnl\nFEATURE(`access_db', `hash /a', `skp')dnl\n",
            "site.mc:2: FEATURE access_db: unknown argument skp, did you mean skip?"},
        Bad{"argument_of_none",
            "OSTYPE(`linux')dnl\nFEATURE(`no_default_msa')dnl\n"
            "FEATURE(`local_lmtp', `/usr/lib/other/lmtp')dnl\n",
            "site.mc:3: FEATURE local_lmtp: unexpected argument /usr/lib/other/lmtp"},
        Bad{"unclosed", "OSTYPE(`linux')dnl\ndefine(`confLOG_LEVEL', `9)dnl\n",
            "site.mc:2: a quote or bracket is not closed"},
        Bad{"unclosed_call",
            "OSTYPE(`linux')dnl # it's ` here\n\nFEATURE(`access_db'\nMAILER(`smtp')dnl\n",
            "site.mc:3: a quote or bracket is not closed"},
        Bad{"unclosed_behind_comments",
            "# isn't ` this\ninclude(`/m4/cf.m4')dnl\nOSTYPE(`linux)dnl\nMAILER(`smtp')dnl\n",
            "site.mc:3: a quote or bracket is not closed"},
        Bad{"macro", "OSTYPE(`linux')dnl\nFETURE(`access_db')dnl\n",
            "site.mc:2: unknown macro FETURE, did you mean FEATURE?"},
        Bad{"mailer", "OSTYPE(`linux')dnl\nMAILER(`smpt')dnl\n",
            "site.mc:2: unknown MAILER smpt, did you mean smtp?"},
        Bad{"ostype", "OSTYPE(`linus')dnl\n",
            "site.mc:1: unknown OSTYPE linus, did you mean linux?"},
        Bad{"option", "OSTYPE(`linux')dnl\nLOCAL_CONFIG\nO CiferList=x\n",
            "site.mc:3: unknown option name CiferList, did you mean CipherList?"},
        Bad{"value", "OSTYPE(`linux')dnl\ndefine(`confLOG_LEVEL', `high')dnl\n",
            "site.mc:2: option LogLevel: \"high\" is not a number"},
        Bad{"quoted_value", "OSTYPE(`linux')dnl\ndefine(`confMAX_DAEMON_CHILDREN', '50')dnl\n",
            "\"'50'\" is not a number within 0..1000000; quotes of the mc are ` and '"},
        Bad{"rules", "OSTYPE(`linux')dnl\nLOCAL_RULESETS\nSlocal_check_mail\n",
            "site.mc:3: rewriting rules are not supported"},
        Bad{"raw_rule", "OSTYPE(`linux')dnl\nLOCAL_CONFIG\nR$*\t$@ ok\n",
            "site.mc:3: rewriting rules are not supported"},
        Bad{"blank_behind_name", "OSTYPE(`linux')dnl\nFEATURE(`mailertable' , `hash /a')dnl\n",
            "site.mc:2: unknown FEATURE mailertable: there is a blank behind the name"},
        Bad{"no_system", "OSTYPE(`solaris9csw')dnl\n",
            "site.mc:1: unknown OSTYPE solaris9csw: there is no ostype/solaris9csw.m4"},
        Bad{"no_hack", "OSTYPE(`linux')dnl\nHACK(`popauth')dnl\n",
            "site.mc:2: unknown HACK popauth: there is no hack/popauth.m4"},
        Bad{"header_check", "OSTYPE(`linux')dnl\nLOCAL_CONFIG\nHSubject: $>CheckSubject\n",
            "site.mc:3: rewriting rules are not supported: CheckSubject is there to check the "
            "header Subject:; HEADER_CHECK(`Subject', `PATTERN', `ACTION') does"},
        Bad{"header_rules",
            "OSTYPE(`linux')dnl\nLOCAL_CONFIG\nHSubject: $>Check_Subject\nD{MPat}Important "
            "Message From\nD{MMsg}Melissa (a virus)\nSCheck_Subject\nR${MPat} $*\t$#error $: 553 "
            "${MMsg}\nRRe: ${MPat} $*\t$#error $@ 5.7.1 $: \"no\"\n",
            "these rules: HEADER_CHECK(`Subject', `^Important Message From', `553 Melissa (a "
            "virus)') HEADER_CHECK(`Subject', `^Re: Important Message From', `ERROR:5.7.1:no')"},
        Bad{"message_id_rules",
            "OSTYPE(`linux')dnl\nLOCAL_RULESETS\nHMessage-Id: $>CheckMessageId\n\n"
            "SCheckMessageId\nR< $+ @ $+ >\t\t$@ OK\nR$*\t\t\t$#error $: 553 Header Error\n",
            "these rules: HEADER_CHECK(`Message-Id', `^<.+@.+>$', `OK') HEADER_CHECK(`Message-Id', "
            "`^', `553 Header Error')"},
        Bad{"sender_rules",
            "OSTYPE(`linux')dnl\nLOCAL_CONFIG\nKcheckaddress regex -a@MATCH\n   "
            "^([0-9]+<@(aol|msn)\\.com|[0-9][^<]*<@juno\\.com)\\.?>\nC{Bad}one.test "
            "two.test\nLOCAL_RULESETS\nSLocal_check_mail\nR$*\t$: $>Parse0 $>3 $1\nR$+\t$: "
            "$(checkaddress $1 $)\nR@MATCH\t$#error $: \"553 Header error\"\nR$+ < @ $={Bad} . "
            ">\t$#discard $: x\n",
            "these rules: SENDER_PATTERN(`^([0-9]+@(aol|msn)\\.com|[0-9][^@]*@juno\\.com)$', `553 "
            "Header error') SENDER_PATTERN(`^.+@(one\\.test|two\\.test)$', `DISCARD')"},
        Bad{"pattern_action", "OSTYPE(`linux')dnl\nSENDER_PATTERN(`x', `REJCET')dnl\n",
            "site.mc:2: SENDER_PATTERN: action REJCET is none: REJECT, DISCARD, OK, "
            "QUARANTINE:reason, ERROR:D.S.N:text or a reply such as 550 5.7.1 text, did you mean "
            "REJECT?"},
        Bad{"pattern_missing", "OSTYPE(`linux')dnl\nCLIENT_PATTERN(`', `REJECT')dnl\n",
            "site.mc:2: CLIENT_PATTERN: the pattern is missing"},
        Bad{"pattern_header", "OSTYPE(`linux')dnl\nHEADER_CHECK(`My Name', `x')dnl\n",
            "site.mc:2: HEADER_CHECK: My Name is no name of a header field"},
        Bad{"feature_action", "OSTYPE(`linux')dnl\nFEATURE(`require_message_id', `NO')dnl\n",
            "site.mc:2: FEATURE require_message_id: action NO is none"},
        Bad{"rewriting_rules",
            "OSTYPE(`linux')dnl\nLOCAL_RULE_1\nR$* < @ $+ . old.test . > $*\t$1 < @ $2 . new.test "
            ". > "
            "$3\nR$- < @ x.test . >\t$@ $1 < @ y.test . >\n",
            "these rules: REWRITE_SENDER(`^(.*)@(.+)\\.old\\.test(.*)$', `\\1@\\2.new.test\\3') "
            "REWRITE_SENDER(`^([^ .@<>]+)@x\\.test$', `\\1@y.test')"},
        Bad{"rewriting_both", "OSTYPE(`linux')dnl\nLOCAL_RULE_3\nR$+ @ a.test\t$1 @ b.test\n",
            "REWRITE_SENDER(`^(.+)@a\\.test$', `\\1@b.test') REWRITE_RECIPIENT(`^(.+)@a\\.test$', "
            "`\\1@b.test')"},
        Bad{"rewriting_of_a_mailer",
            "OSTYPE(`linux')dnl\nLOCAL_RULESETS\nSHdrFromSMTP\nR$*\t$@ a@b.test\n",
            "HdrFromSMTP is there to rewrite senders; MASQUERADE_AS, FEATURE(`genericstable') and "
            "REWRITE_SENDER(`PATTERN', `ADDRESS') do (docs/rulesets.md); these rules: "
            "REWRITE_SENDER(`^(.*)$', `a@b.test')"},
        Bad{"rewrite_to_nothing", "OSTYPE(`linux')dnl\nREWRITE_SENDER(`x')dnl\n",
            "site.mc:2: REWRITE_SENDER: the address that it becomes is missing"},
        Bad{"routing_rule", "OSTYPE(`linux')dnl\nLOCAL_RULE_0\n\nR$*<@x.test.>$*\t$#local\n",
            "site.mc:4: rewriting rules are not supported: LOCAL_RULE_0 is there to choose where "
            "mail goes; FEATURE(`mailertable')"},
        Bad{"ruleset", "OSTYPE(`linux')dnl\nLOCAL_RULESETS\nSLocal_check_rcpt\nR$*\t$@ ok\n",
            "site.mc:3: rewriting rules are not supported: Local_check_rcpt is there to refuse "
            "recipients or relaying"},
        Bad{"hack_of_rules", "OSTYPE(`linux')dnl\nHACK(`cssubdomain')dnl\n",
            "site.mc:2: rewriting rules are not supported: Hack_cssubdomain"},
        Bad{"no_mailers", "OSTYPE(`linux')dnl\n", "the file names no MAILER"},
        Bad{"port", "OSTYPE(`linux')dnl\nDAEMON_OPTIONS(`Port=99999')dnl\n",
            "site.mc:2: option DaemonPortOptions: Port=99999 is too large"},
        Bad{"modifier", "OSTYPE(`linux')dnl\nDAEMON_OPTIONS(`Port=25, M=x')dnl\n",
            "site.mc:2: option DaemonPortOptions: unknown modifier M=x"},
        Bad{"missing_include", "include(`/nowhere/at/all.m4')dnl\n", "site.mc:1: cannot open"}),
    [](const auto& one) { return one.param.name; });

// Commas, dollars and names of m4's own macros in a pattern are text.
TEST_F(Mc, KeepsPatternsAsTheyStand) {
  const Config config = load(R"(OSTYPE(`linux')dnl
HEADER_CHECK(`Subject:', `^(Re: )?len, format$', `553 This, include')dnl
HEADER_CHECK(`*', `a{2,3}# dnl')
REQUIRE_HEADER(`From', `QUARANTINE:no From')
SENDER_PATTERN(`^[0-9]+@(aol|msn)\.com$', `DISCARD')dnl
)");
  using About = PatternLine::About;
  ASSERT_EQ(config.patterns.size(), 4U);
  EXPECT_EQ(config.patterns[0].header, "subject");
  EXPECT_EQ(config.patterns[0].pattern, "^(Re: )?len, format$");
  EXPECT_EQ(config.patterns[0].action, "553 This, include");
  EXPECT_EQ(config.patterns[0].at.line, 2);
  EXPECT_EQ(config.patterns[1].pattern, "a{2,3}# dnl");
  EXPECT_EQ(config.patterns[1].action, "REJECT");
  EXPECT_EQ(config.patterns[2].about, About::required_header);
  EXPECT_EQ(config.patterns[2].action, "QUARANTINE:no From");
  EXPECT_EQ(config.patterns[3].pattern, "^[0-9]+@(aol|msn)\\.com$");
  EXPECT_EQ(config.patterns[3].about, About::sender);
}

// Decision 0021: the cf says all that sendmail-cf's says; the same lines that stop a daemon are
// warnings to the compiler.
TEST_F(Mc, CompilesWhatDoesNotRunYet) {
  const auto compiled = compile(R"(OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
FEATURE(`virtusertable', `hash -o /etc/mail/virtusertable')dnl
VIRTUSER_DOMAIN_FILE(`/no/such/file')dnl
FEATURE(`prefixmod', `list.example')dnl
FEATURE(`smrsh')dnl
MAILER(`smtp')dnl
LOCAL_RULESETS
SLocal_check_mail
R$*	$@ OK
)");
  ASSERT_TRUE(compiled) << compiled.error().what;
  for (const auto* line :
       {"U virtusertable\thash -o /etc/mail/virtusertable\n",
        "Kvirtuser hash -o /etc/mail/virtusertable\n", "F{VirtHost}/no/such/file\n",
        "CR$={VirtHost}\n", "U prefixmod\tlist.example\n", "Fw/etc/mail/local-host-names\n",
        "CPREDIRECT\n", "FR-o /etc/mail/relay-domains\n", "O AliasFile=/etc/mail/aliases\n",
        "Mlocal, P=/usr/bin/procmail, F=lsDFMAw5:/|@qSPfhn9, T=DNS/RFC822/X-Unix, "
        "A=procmail -a $h -d $u\n",
        "Mprog, P=/usr/sbin/smrsh, F=lsDFMoqeu9, D=$z:/, T=X-Unix/X-Unix/X-Unix, "
        "A=smrsh -c $u\n"}) {
    EXPECT_NE(compiled->text.find(line), std::string::npos) << line << "in\n" << compiled->text;
  }
  EXPECT_FALSE(parse(compiled->text, "site.cf"));
  const auto loaded = parse(compiled->text, "site.cf", {}, Purpose::compile);
  ASSERT_TRUE(loaded) << loaded.error().what;
  std::string said;
  for (const auto& warning : loaded->warnings) said += warning.to_string() + "\n";
  for (const auto* part : {"mc:4: cannot open /no/such/file", "mc:5: FEATURE prefixmod",
                           "mc:9: rewriting rules are not supported"}) {
    EXPECT_NE(said.find(part), said.npos) << part << " in\n" << said;
  }
}

TEST_F(Mc, AClassTakesInAnother) {
  const Config config = load("LOCAL_CONFIG\nCR$={VirtHost}\nC{VirtHost}a.example b.example\n");
  EXPECT_EQ(config.relay_domains(), (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_FALSE(parse("CR$=\n", "site.cf"));
}

TEST_F(Mc, OptionsOfASystemAreDefaultsOfTheSite) {
  const Config config = load(
      "OSTYPE(`debian')dnl\nDOMAIN(`debian-mta')dnl\n"
      "define(`confMAX_HOP', `30')dnl\n");
  EXPECT_EQ(config.max_hops, 30U);
  EXPECT_EQ(config.timeouts.command, std::chrono::minutes(5));
  EXPECT_EQ(config.pid_file, "/var/run/sendmail/mta/sendmail.pid");
}

TEST_F(Mc, TakesTheWordsAboutRelaying) {
  const auto relays = folder_.write("relays", "example.net\n192.0.2 # lab\n");
  const Config config = load("OSTYPE(`linux')dnl\ndefine(`confCR_FILE', `-o " + relays +
                             " %[^\\#]')dnl\n"
                             R"(FEATURE(`delay_checks', `friend', `n')dnl
FEATURE(`relay_mail_from', `domain')dnl
FEATURE(`relay_local_from')dnl
FEATURE(`relay_entire_domain')dnl
FEATURE(`require_rdns')dnl
FEATURE(`block_bad_helo')dnl
FEATURE(`check_cert_altnames')dnl
define(`confRELAY_MSG', `550 5.7.1 No, thank you')dnl
define(`confRCPTREJ_MSG', `550 5.2.1 Gone')dnl
define(`_CERT_REGEX_ISSUER_', `-s1 CN=([^/]+)')dnl
MAILER(`smtp')dnl
)");
  EXPECT_TRUE(warnings_.empty()) << warnings_.front().to_string();
  // block_bad_helo brings this host's own addresses along, as sendmail's does.
  EXPECT_EQ(config.relay_domains(),
            (std::vector<std::string>{"127.0.0.1", "ipv6:0:0:0:0:0:0:0:1", "ipv6:::1",
                                      "example.net", "192.0.2"}));
  EXPECT_EQ(config.feature("delay_checks")->args, (std::vector<std::string>{"friend", "n"}));
  EXPECT_EQ(config.feature("relay_mail_from")->args, (std::vector<std::string>{"domain"}));
  for (const auto* name : {"relay_local_from", "relay_entire_domain", "require_rdns",
                           "block_bad_helo", "check_cert_altnames"}) {
    EXPECT_NE(config.feature(name), nullptr) << name;
  }
  EXPECT_EQ(config.macro("RELAY_MSG"), "550 5.7.1 No, thank you");
  EXPECT_EQ(config.macro("RCPTREJ_MSG"), "550 5.2.1 Gone");
  EXPECT_EQ(config.macro("CERT_REGEX_ISSUER"), "-s1 CN=([^/]+)");
}

TEST_F(Mc, TakesTheWordsAboutMasquerading) {
  const Config config = load(R"(OSTYPE(`linux')dnl
MASQUERADE_AS(`example.org')dnl
MASQUERADE_DOMAIN(`example.net example.com')dnl
EXPOSED_USER(`root')dnl
FEATURE(`masquerade_entire_domain')dnl
MAILER(`smtp')dnl
)");
  EXPECT_TRUE(warnings_.empty()) << warnings_.front().to_string();
  EXPECT_EQ(config.members("M"), (std::vector<std::string>{"example.net", "example.com"}));
  EXPECT_EQ(config.members("E"), (std::vector<std::string>{"root"}));
  EXPECT_NE(config.feature("masquerade_entire_domain"), nullptr);
}

TEST_F(Mc, MailersMayBePrograms) {
  const auto config = load(R"(OSTYPE(`linux')dnl
define(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')dnl
MAILER(`procmail')dnl
MAILER(`cyrus')dnl
MAILER_DEFINITIONS
Mpigeon, P=/bin/pigeon, F=nu, U=birds:loft, D=/var/loft,
	A=pigeon -t $h $u, M=5000
)");
  const auto* pigeon = config.mailer("pigeon");
  ASSERT_NE(pigeon, nullptr);
  EXPECT_TRUE(pigeon->is_program());
  EXPECT_EQ(pigeon->arguments, "pigeon -t $h $u");
  EXPECT_EQ(pigeon->user, "birds:loft");
  EXPECT_EQ(pigeon->folders, "/var/loft");
  EXPECT_EQ(pigeon->max_bytes, 5000U);
  ASSERT_NE(config.mailer("procmail"), nullptr);
  EXPECT_EQ(config.mailer("procmail")->arguments, "procmail -Y -m $h $f $u");
  ASSERT_NE(config.mailer("cyrus"), nullptr);
  EXPECT_EQ(config.mailer("cyrus")->user, "cyrus:mail");
  EXPECT_FALSE(config.mailer("local")->is_program());
}

// What sites carry along and this program has no use for is said, not refused and not passed over.
TEST_F(Mc, SaysWhatHasNoMeaning) {
  load(R"(OSTYPE(`linux')dnl
define(`confAUTH_MAX_BITS', `56')dnl
define(`confDELIVERY_MODE', `interactive')dnl
DAEMON_OPTIONS(`Port=25, SndBufSize=9')dnl
FEATURE(`nocanonify')dnl
FEATURE(`local_procmail', `', `procmail -t -Y -a $h -d $u')dnl
FEATURE(`redirect')dnl
MAILER(`smtp')dnl
)");
  std::string said;
  for (const auto& warning : warnings_) said += warning.to_string() + "\n";
  for (const auto* part :
       {"mc:2: option AuthMaxBits", "mc:3: DeliveryMode interactive is taken as background",
        "mc:4: SndBufSize=", "mc:5: FEATURE nocanonify"}) {
    EXPECT_NE(said.find(part), said.npos) << part << " in\n" << said;
  }
}

TEST(CfText, ClassFilesAreFilesAndMayOnlyBeMissingWhenToldSo) {
  const auto fault = [](std::string_view text) {
    const auto loaded = parse("Mlocal\n" + std::string(text), "a.cf");
    return loaded ? std::string() : loaded.error().what;
  };
  EXPECT_EQ(fault("Fw/\n"), "a.cf: line 2: / is a directory");
  EXPECT_EQ(fault("\nFw/no/such/file\n"),
            "a.cf: line 3: cannot open /no/such/file: No such file or directory");
  EXPECT_EQ(fault("Fw-o /no/such/file %[^\\#]\n"), "");
  EXPECT_EQ(fault("Fw/dev/null %d\n"),
            "a.cf: line 2: F needs a file (of patterns only %s, %[^\\#] are supported)");
}

TEST(CfText, MacrosThatNameThemselvesEnd) {
  const MacroLookup lookup = [](std::string_view) { return "$a$a$a$a"; };
  EXPECT_EQ(expand("$a", lookup), "");
  std::string nested;
  for (int i = 0; i < 100000; ++i) nested += "$?a";
  EXPECT_EQ(expand(nested, lookup), "");
}

TEST(CfText, WhatAPeerSaidIsNoMacro) {
  const std::string said = "$j ${client_name} $?x$|$. $$ $";
  const MacroLookup lookup = [&](std::string_view name) {
    return name == "h" ? literal(said) : std::string("found");
  };
  EXPECT_EQ(expand("$h $x", lookup), said + " found");
}

// An empty file, or one that is just being written, is no configuration of defaults.
TEST(CfText, WithoutTheLocalMailerNothingStarts) {
  for (const std::string_view text : {"", "O Timeout.command=1h\n", "Msmtp\nMesmtp\n"}) {
    const auto loaded = parse(text, "a.cf");
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().what,
              "a.cf: no local mailer: the file needs MAILER(`local')dnl, or is not whole");
  }
}

TEST(CfText, StopsReadingAfterManyErrors) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "O Nonsense=1\n";
  const auto loaded = parse(text, "a.cf");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().what.find("line 50:"), std::string::npos);
  EXPECT_EQ(loaded.error().what.find("line 51:"), std::string::npos);
  EXPECT_NE(loaded.error().what.find("too many errors"), std::string::npos);
}

TEST(CfText, SaysTheFirstOptionThatHasNoEffect) {
  const auto loaded = parse("O DaemonPortOptions=Port=25, SndBufSize=9\nMlocal\n", "a.cf");
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->warnings.size(), 1U);
  EXPECT_EQ(loaded->warnings.front().to_string(), "a.cf: line 1: SndBufSize= has no effect yet");
}

TEST(CfText, LinesOfPrivacyOptionsAddUp) {
  const auto once = parse("O PrivacyOptions=novrfy\nMlocal\n", "a.cf");
  ASSERT_TRUE(once);
  EXPECT_TRUE(once->config.privacy.no_vrfy);
  EXPECT_FALSE(once->config.privacy.auth_warnings);  // the default
  const auto twice = parse("O PrivacyOptions=novrfy\nO PrivacyOptions=noexpn\nMlocal\n", "a.cf");
  ASSERT_TRUE(twice);
  EXPECT_TRUE(twice->config.privacy.no_vrfy);
  EXPECT_TRUE(twice->config.privacy.no_expn);
}

TEST(CfText, NameServerIsTheResolverWhereNoneIsNamed) {
  const auto at = [](const char* text) {
    const auto loaded = parse(std::string(text) + "Mlocal\n", "a.cf");
    return loaded && loaded->config.resolver ? loaded->config.resolver->to_string() : "none";
  };
  EXPECT_EQ(at("O NameServer=192.0.2.1\n"), "192.0.2.1:53");
  EXPECT_EQ(at("O NameServer=\n"), "none");
  EXPECT_EQ(at("O NameServer=ns.test\n"), "none");
  EXPECT_EQ(at("O NameServer=192.0.2.1\nO Resolver=192.0.2.2@5353\n"), "192.0.2.2:5353");
  EXPECT_EQ(at("O Resolver=192.0.2.2@5353\nO NameServer=192.0.2.1\n"), "192.0.2.2:5353");
  const auto two = parse("O NameServer=192.0.2.1 192.0.2.9\nMlocal\n", "a.cf");
  ASSERT_TRUE(two);
  ASSERT_EQ(two->warnings.size(), 1U);
  EXPECT_EQ(two->warnings.front().to_string(),
            "a.cf: line 1: NameServer: 192.0.2.1 alone is asked");
}

TEST_F(Mc, SaysWhichFileIsMissing) {
  const auto missing = compile_mc(folder_ / "no.mc", kCfDir);
  ASSERT_FALSE(missing);
  EXPECT_EQ(exit_code(missing.error()), 72);
}

TEST_F(Mc, PassesOverAByteOrderMark) {
  const Config config = load("\xEF\xBB\xBFOSTYPE(`linux')dnl\ndefine(`confMAX_HOP', `9')dnl\n");
  EXPECT_EQ(config.max_hops, 9U);
}

// IPC is what TCP was called once.
TEST_F(Mc, TakesThePortOfNextHopsByBothWords) {
  const Config config = load(
      "OSTYPE(`linux')dnl\ndefine(`RELAY_MAILER_ARGS', `IPC $h 587')dnl\n"
      "define(`ESMTP_MAILER_ARGS', `TCP $h 26')dnl\nMAILER(`smtp')dnl\n");
  EXPECT_EQ(config.mailer("relay")->port, 587);
  EXPECT_EQ(config.mailer("esmtp")->port, 26);
}

TEST_F(Mc, IncludeOfTheLibraryIsNoFault) {
  const Config config = load("include(`/usr/share/sendmail/cf/m4/cf.m4')dnl\nOSTYPE(`linux')dnl\n");
  EXPECT_EQ(config.daemon_ports.size(), 2U);
}

// From include(cf.m4) on, or from the first line of a file without it, m4 knows no comments.
TEST_F(Mc, LinesBehindAHashAreActive) {
  const Config config = load(
      "divert(-1)\n# define(`confMAX_HOP', `1') is comment yet\ndivert(0)dnl\n"
      "include(`../m4/cf.m4')dnl\nOSTYPE(`linux')dnl\n"
      "# define(`confMAX_HOP', `77')dnl\n#\n# words alone, LOCAL_DOMAIN too\n"
      "# FEATURE(`use_cw_file', `domain')\ndnl # define(`confMAX_HOP', `2')\n");
  EXPECT_EQ(config.max_hops, 77U);
  EXPECT_NE(config.feature("use_cw_file"), nullptr);
  std::string said;
  for (const auto& warning : warnings_) said += warning.to_string() + "\n";
  EXPECT_NE(said.find("site.mc:6: this line is active"), said.npos) << said;
  EXPECT_NE(said.find("site.mc:9: this line is active"), said.npos) << said;
  EXPECT_EQ(said.find("site.mc:2: this line"), said.npos) << said;
  EXPECT_EQ(said.find("site.mc:10: this line"), said.npos) << said;
}

TEST_F(Mc, ALineThatEndsInsideACommentTakesTheNextAlong) {
  const Config config =
      load("OSTYPE(`linux')dnl\n#define(`confLOG_LEVEL', `14')dnl\nO MaxHopCount=7\n");
  EXPECT_EQ(config.log_level, 14U);
  EXPECT_NE(config.max_hops, 7U);
}

TEST_F(Mc, SaysWhereQuotesAreMissing) {
  const Config config = load(
      "OSTYPE(`linux')dnl\nDAEMON_OPTIONS(Port=smtp,Name=MTA2)dnl\nMASQUERADE_AS('a.test')dnl\n"
      "define('ALIAS_FILE', '/etc/aliases')dnl\nFEATURE(``use_cw_file'', `domain')dnl\n");
  EXPECT_EQ(config.macro("M"), "'a.test'");
  EXPECT_NE(config.feature("use_cw_file"), nullptr);
  std::string said;
  for (const auto& warning : warnings_) said += warning.to_string() + "\n";
  EXPECT_NE(said.find("site.mc:2: DAEMON_OPTIONS: what is behind the first comma is lost"),
            said.npos)
      << said;
  EXPECT_NE(said.find("site.mc:4: define of "), said.npos) << said;
}

// Files of Debian's packages, where the host lacks them.
TEST_F(Mc, TakesOurTextOfDebiansFiles) {
  struct stat state {};
  if (stat("/etc/mail/tls/starttls.m4", &state) == 0) GTEST_SKIP() << "they are here";
  const Config config = load(
      "OSTYPE(`debian')dnl\ninclude(`/etc/mail/m4/dialup.m4')dnl\n"
      "include(`/etc/mail/tls/starttls.m4')dnl\nsinclude(`/etc/mail/sasl/sasl.m4')dnl\n");
  EXPECT_EQ(config.tls.ca_path, "/etc/ssl/certs");
  EXPECT_EQ(config.tls.server_certificates,
            (std::vector<std::string>{"/etc/mail/tls/sendmail-server.crt"}));
  EXPECT_EQ(config.trusted_mechanisms().size(), 5U);
  std::string said;
  for (const auto& warning : warnings_) said += warning.to_string() + "\n";
  EXPECT_NE(said.find("site.mc:3: /etc/mail/tls/starttls.m4 is not here"), said.npos) << said;
}

TEST_F(Mc, IncludesFilesThatStandBesideTheMc) {
  folder_.write("more.m4", "define(`confMAX_HOP', `33')dnl\n");
  EXPECT_EQ(load("OSTYPE(`linux')dnl\ninclude(`more.m4')dnl\n").max_hops, 33U);
}

TEST_F(Mc, ReadsADomainOfTheSitesOwn) {
  std::filesystem::create_directories(folder_ / "cf");
  std::filesystem::create_directories(folder_ / "domain");
  folder_.write("domain/ours.m4",
                "divert(-1)\n# Ours, it's said\ndivert(0)\nVERSIONID(`ours')\ndivert(-1)\n"
                "_DEFIFNOT(`confMAX_HOP', "
                "`44')\nMASQUERADE_AS(`ours.test')\nFEATURE(`use_cw_file', `domain')\n");
  const auto path =
      folder_.write("cf/site.mc", "OSTYPE(`linux')dnl\nDOMAIN(`ours')dnl\nMAILER(`local')dnl\n");
  const auto compiled = compile_mc(path, kCfDir);
  ASSERT_TRUE(compiled) << compiled.error().what;
  for (const auto* line : {"O MaxHopCount=44\n", "DMours.test\n", "U use_cw_file\tdomain\n"}) {
    EXPECT_NE(compiled->text.find(line), std::string::npos) << line << "in\n" << compiled->text;
  }
  ASSERT_FALSE(compiled->warnings.empty());
  EXPECT_NE(compiled->warnings[0].to_string().find("site.mc:2: "), std::string::npos);
}

struct Said {
  const char* name;
  const char* text;
  const char* want;  // somewhere in the warnings; empty: there are none
};

class McWarning : public Mc, public testing::WithParamInterface<Said> {};

TEST_P(McWarning, NamesFileLineAndWhatComesOfIt) {
  load(GetParam().text);
  std::string said;
  for (const auto& warning : warnings_) said += warning.to_string() + "\n";
  if (*GetParam().want == '\0') {
    EXPECT_EQ(said, "");
  } else {
    EXPECT_NE(said.find(GetParam().want), std::string::npos) << said;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, McWarning,
    testing::Values(
        Said{"like_none", "OSTYPE(`linux')dnl\ndefine(`confSOMETHING_ELSE', `1')dnl\n",
             "site.mc:2: define(confSOMETHING_ELSE) is unknown, nothing reads it"},
        Said{
            "behind_mailers",
            "OSTYPE(`linux')dnl\nMAILER(`local')dnl\nFEATURE(`allmasquerade')dnl\n",
            "site.mc:3: FEATURE(allmasquerade) belongs before MAILER; it counts here all the same"},
        Said{"a_map_behind_mailers",
             "OSTYPE(`linux')dnl\nMAILER(`local')dnl\nFEATURE(`genericstable')dnl\n",
             "site.mc:3: FEATURE(genericstable) belongs before MAILER; it counts here all the "
             "same"},
        Said{"in_effect",
             "OSTYPE(`linux')dnl\ndefine(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')dnl\n"
             "FEATURE(`local_procmail')dnl\n",
             ""},
        Said{"as_it_is_anyway", "OSTYPE(`linux')dnl\ndefine(`confTO_IDENT', `0')dnl\n", ""},
        Said{"class_of_content_types", "OSTYPE(`linux')dnl\nLOCAL_CONFIG\nCqtext/plain\n",
             "site.mc:3: class q has no meaning here: Content is not converted."},
        Said{"own_field", "OSTYPE(`linux')dnl\nLOCAL_CONFIG\nH?m?X-For: $u\n",
             "site.mc:3: H?m?X-For: $u has no effect: no field is added"},
        Said{"passed_over_behind_mailers",
             "OSTYPE(`linux')dnl\nMAILER(`local')dnl\nFEATURE(`nouucp', `reject')dnl\n",
             "site.mc:3: FEATURE nouucp has no meaning here"},
        Said{"port_of_msp", "OSTYPE(`linux')dnl\nFEATURE(`msp', `[127.0.0.1]', `1025')dnl\n",
             "site.mc:2: FEATURE msp: argument 1025 counts for nothing, as in sendmail: MSA means "
             "port 587, define(`RELAY_MAILER_ARGS', `TCP $h 1025') another"},
        Said{"word_of_msp", "OSTYPE(`linux')dnl\nFEATURE(`msp', `[127.0.0.1]', `MTA')dnl\n",
             "argument MTA counts for nothing, as in sendmail: MSA means port 587\n"},
        Said{"the_one_queue", "OSTYPE(`linux')dnl\nQUEUE_GROUP(`mqueue', `P=/q, R=5')dnl\n",
             "site.mc:2: queue group mqueue has no meaning here: There is one queue"},
        Said{"class_of_redirect", "OSTYPE(`linux')dnl\nFEATURE(`redirect')dnl\n", ""},
        Said{"comma_in_a_text",
             "OSTYPE(`linux')dnl\nFEATURE(`enhdnsbl', `bl.test', `\"Blocked, see bl\"', `t')dnl\n",
             ""}),
    [](const auto& one) { return one.param.name; });

// Nothing is said of what it brings along, nor of the port that it is anyway.
TEST_F(Mc, TakesMspAsDebianWritesIt) {
  load("OSTYPE(`linux')dnl\nFEATURE(`msp', `[127.0.0.1]', `25')dnl\n");
  EXPECT_TRUE(warnings_.empty()) << warnings_.front().text;
  load("OSTYPE(`linux')dnl\ndefine(`confUSE_MSP', `True')dnl\n");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(warnings_[0].text, "option UseMSP has no effect without FEATURE(`msp')");
}

TEST(CfText, GathersWhatIsIdleInOneLine) {
  const auto at_five = [](std::string_view line) {
    return "#line 5 \"a.mc\"\n" + std::string(line) + "\n";
  };
  const auto loaded = parse(at_five("O RandFile=x") + at_five("O MaxHopCount=9") +
                                at_five("O SSLEngine=y") + "O SSLEnginePath=z\nMlocal\n",
                            "a.cf");
  ASSERT_TRUE(loaded) << loaded.error().what;
  ASSERT_EQ(loaded->warnings.size(), 2U);
  EXPECT_EQ(loaded->warnings[0].to_string(),
            "a.mc:5: option RandFile, SSLEngine have no meaning here");
  EXPECT_EQ(loaded->warnings[1].to_string(),
            "a.mc:6: option SSLEnginePath has no meaning here: Where engines are.");
}

// As sendmail reads them: by the first letter, and "yes" is a truth.
TEST(CfText, TakesChoicesAsSendmailDoes) {
  for (const auto* line : {"O EightBitMode=mimefy", "O DeliveryMode=queueonly",
                           "O QueueSortOrder=hosts", "O DontProbeInterfaces=yes"}) {
    EXPECT_TRUE(parse(std::string(line) + "\nMlocal\n", "a.cf")) << line;
  }
  for (const auto* line :
       {"O EightBitMode=word", "O NoRecipientAction=nothing", "O DontProbeInterfaces=loops"}) {
    EXPECT_FALSE(parse(std::string(line) + "\nMlocal\n", "a.cf")) << line;
  }
}

TEST_F(Mc, RefusesAMailerOnce) {
  const auto said = fault("OSTYPE(`linux')dnl\nMAILER(`smtp')dnl\nMAILER(`uucp')dnl\n");
  EXPECT_EQ(said.find("site.mc:3: mailer "), 0U) << said;
  EXPECT_EQ(said.find('\n'), std::string::npos) << said;
}

// What stands there for the rules only is not refused beside them.
TEST(CfText, RefusesARulesetOnce) {
  const auto loaded = parse(
      "C{Bad}one two\nF{Worse}/no/such/file\nHTo: $>CheckTo\nSCheckTo\nR$={Bad}@$*\t$#error $: "
      "553 no\nHFrom: $>Elsewhere\nMlocal\n",
      "a.cf");
  ASSERT_FALSE(loaded);
  const auto lines = split(loaded.error().what, '\n');
  ASSERT_EQ(lines.size(), 3U) << loaded.error().what;
  EXPECT_EQ(lines[0].find("a.cf: line 2: cannot open /no/such/file"), 0U) << lines[0];
  EXPECT_EQ(lines[1].find("a.cf: line 4: rewriting rules are not supported: CheckTo"), 0U);
  EXPECT_EQ(lines[2].find("a.cf: line 6: rewriting rules are not supported: Elsewhere"), 0U);
}

TEST_F(Mc, ExamplesCompile) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kCfDir)) {
    if (entry.path().extension() != ".mc") continue;
    ++count;
    auto compiled = compile_mc(entry.path().string(), kCfDir);
    ASSERT_TRUE(compiled) << compiled.error().what;
    const auto loaded = parse(compiled->text, "example.cf");
    EXPECT_TRUE(loaded) << loaded.error().what;
  }
  EXPECT_GE(count, 3U);
}

// Written as a name, though its value be the name of a macro of m4.
TEST_F(Mc, MakesFailedTlsRequirementsPermanent) {
  EXPECT_EQ(load("OSTYPE(`linux')define(`TLS_PERM_ERR', `')dnl\n").macro("TLS_PERM_ERR"), "yes");
  EXPECT_EQ(load("OSTYPE(`linux')dnl\n").macro("TLS_PERM_ERR"), "");
}

// sendmail-cf's rules ask them; nothing does here, and that is nobody's fault.
TEST_F(Mc, SaysNothingOfMapsThatTheRulesOfAFeatureAsk) {
  load("OSTYPE(`linux')define(`_CERT_REGEX_ISSUER_', `-s1 CN=(.*)')dnl\n");
  EXPECT_EQ(warnings_.size(), 0u);
}

}  // namespace
}  // namespace signet::conf
