#include "daemon/site_policy.h"

#include <gtest/gtest.h>

#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

const Names kNames{.host = "Mail.Example.ORG",
                   .nick = "mail",
                   .domain = "Example.ORG",
                   .version = {},
                   .cf_version = {},
                   .addresses = {"[192.0.2.1]"}};

policy::SiteOptions options_of(std::string_view text) {
  auto made = site_policy(config_of(text), kNames);
  EXPECT_TRUE(made) << made.error().what;
  return made ? std::move(*made) : policy::SiteOptions();
}

TEST(SitePolicy, OpensNothingUnasked) {
  const auto site = options_of("");
  EXPECT_TRUE(site.relay_domains.empty());
  EXPECT_EQ(site.delay_checks, policy::Delay::no);
  EXPECT_EQ(site.relay_mail_from, policy::RelayBySender::no);
  EXPECT_FALSE(site.relay_local_from || site.promiscuous_relay || site.block_bad_helo ||
               site.require_rdns || site.check_alt_names || site.check_recipients ||
               site.accept_unresolvable_domains || site.accept_unqualified_senders ||
               site.relay_hosts_only || site.permanent_tls_errors);
  EXPECT_EQ(site.local_domains,
            (std::vector<std::string>{"mail.example.org", "localhost", "[192.0.2.1]"}));
}

TEST(SitePolicy, KnowsWhatAProgramTakesForAnOption) {
  EXPECT_FALSE(options_of("Mesmtp, P=[IPC], A=TCP $h\n").is_option);
  const auto site = options_of(
      "Mnews, P=/bin/news, F=s, A=news $h $u\n"
      "Mpost, P=/bin/post, A=post -m $h -- $u\n");
  ASSERT_TRUE(site.is_option);
  EXPECT_FALSE(site.is_option("news", "host", "u@x.test"));
  EXPECT_TRUE(site.is_option("news", "-host", "u@x.test"));
  EXPECT_TRUE(site.is_option("news", "host", "-u@x.test"));
  EXPECT_TRUE(site.is_option("news", "host", R"("-u"@x.test)"));
  EXPECT_FALSE(site.is_option("post", "host", "-u"));
  EXPECT_TRUE(site.is_option("post", "-host", "u"));
  EXPECT_FALSE(site.is_option("other", "-host", "-u"));
}

TEST(SitePolicy, EachFeatureReachesItsOption) {
  EXPECT_EQ(options_of("U delay_checks\n").delay_checks, policy::Delay::all);
  EXPECT_EQ(options_of("U delay_checks\tfriend\tn\n").delay_checks, policy::Delay::friend_);
  EXPECT_EQ(options_of("U delay_checks\thater\n").delay_checks, policy::Delay::hater);
  EXPECT_EQ(options_of("U relay_mail_from\n").relay_mail_from, policy::RelayBySender::address);
  EXPECT_EQ(options_of("U relay_mail_from\tdomain\n").relay_mail_from,
            policy::RelayBySender::address_or_domain);
  EXPECT_TRUE(options_of("U relay_local_from\n").relay_local_from);
  EXPECT_TRUE(options_of("U promiscuous_relay\n").promiscuous_relay);
  EXPECT_TRUE(options_of("U block_bad_helo\n").block_bad_helo);
  EXPECT_TRUE(options_of("U require_rdns\n").require_rdns);
  EXPECT_TRUE(options_of("U check_cert_altnames\n").check_alt_names);
  EXPECT_TRUE(options_of("U relay_hosts_only\n").relay_hosts_only);
  EXPECT_TRUE(options_of("U blacklist_recipients\n").check_recipients);
  EXPECT_EQ(options_of("D{RELAY_MSG}550 no\n").relay_message, "550 no");
  EXPECT_EQ(options_of("D{RCPTREJ_MSG}550 gone\n").recipient_message, "550 gone");
  EXPECT_EQ(options_of("D{REJECT_MSG}550 bad\n").reject_message, "550 bad");
}

TEST(SitePolicy, VirtualDomainsMayBeMailedTo) {
  const auto site = options_of("C{VirtHost}One.test two.test\nU virtuser_entire_domain\n");
  const std::vector<std::string> domains{"one.test", "two.test"};
  EXPECT_EQ(site.virtual_domains, domains);
  EXPECT_EQ(site.relay_domains, domains);
  EXPECT_TRUE(site.virtual_entire_domains);
  EXPECT_FALSE(options_of("C{VirtHost}one.test\n").virtual_entire_domains);
}

TEST(SitePolicy, EntireDomainIsNeverATopLevelDomain) {
  EXPECT_EQ(options_of("U relay_entire_domain\n").relay_domains,
            (std::vector<std::string>{"example.org"}));
  Names names = kNames;
  names.domain = "org";
  const auto made = site_policy(config_of("U relay_entire_domain\n"), names);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->relay_domains.empty());
}

TEST(SitePolicy, CertificateExpressionsAreMadeOrNamedWithTheirLine) {
  const auto site =
      options_of("D{CERT_REGEX_ISSUER}-s1 CN=([^/]+)\nD{CERT_REGEX_SUBJECT}-s1 O=([^/]+)\n");
  EXPECT_EQ(site.issuer_rewrite.apply("/O=x/CN=Mail+20CA"), "Mail+20CA");
  EXPECT_EQ(site.subject_rewrite.apply("/O=x/CN=y"), "x");
  const auto wrong = site_policy(config_of("\nD{CERT_REGEX_ISSUER}-s1 CN=([^/]+\n"), kNames);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().what.find("site.cf: line 2"), std::string::npos) << wrong.error().what;
}

TEST(SitePolicy, AccessArgumentsCount) {
  const auto all = access_options(
      config_of("U access_db\thash -o /a\tskip\tlookupdotdomain\trelaytofulladdress\n"));
  EXPECT_TRUE(all.skip && all.lookup_dot_domain && all.relay_to_full_address);
  const auto none = access_options(config_of("U access_db\thash -o /a\n"));
  EXPECT_FALSE(none.skip || none.lookup_dot_domain || none.relay_to_full_address);
}

}  // namespace
}  // namespace signet::daemon
