#include "daemon/site_delivery.h"

#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

using namespace std::chrono_literals;

deliver::Options delivery_of(std::string_view text, std::size_t loops = 1) {
  deliver::Options options;
  SiteParts parts;
  parts.loops = loops;
  const auto filled = fill_delivery(config_of(text), parts, options);
  EXPECT_TRUE(filled) << filled.error().what;
  return options;
}

TEST(SiteDelivery, EachOptionReachesItsPlace) {
  const auto options = delivery_of(
      "O FallbackMXhost=backup.test\nO FallbackSmartHost=[hub.test]:2525\nO TryNullMXList=True\n"
      "O ConnectOnlyTo=192.0.2.1\nO Timeout.iconnect=10s\nO Timeout.aconnect=1m\n"
      "O PostmasterCopy=keeper\nO DeadLetterDrop=/var/tmp/dead.letter\nDnROBOT\n"
      "O InetQoS=AF21\nO ClientPortOptions=Family=inet, SndBufSize=4096, RcvBufSize=8192\n");
  EXPECT_EQ(options.search.fallback_mx,
            (policy::NextHop{.host = "backup.test", .use_mx = true, .port = 25}));
  EXPECT_EQ(options.search.fallback_smart_host,
            (policy::NextHop{.host = "hub.test", .use_mx = false, .port = 2525}));
  EXPECT_TRUE(options.search.try_null_mx_list);
  EXPECT_EQ(options.search.connect_only_to, IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(options.first_connect_timeout, 10s);
  EXPECT_EQ(options.all_connects_timeout, 60s);
  EXPECT_EQ(options.postmaster_copy, "keeper");
  EXPECT_EQ(options.dead_letters, "/var/tmp/dead.letter");
  EXPECT_EQ(options.mailer_name, "ROBOT");
  EXPECT_EQ(options.ipv4.departure.traffic_class, 0x48);
  EXPECT_EQ(options.ipv6.departure.traffic_class, 0x48);
  EXPECT_EQ(options.ipv4.departure.send_buffer, 4096);
  EXPECT_EQ(options.ipv4.departure.receive_buffer, 8192);
  EXPECT_EQ(options.ipv6.departure.send_buffer, 0);
}

TEST(SiteDelivery, LimitsAreSharedAmongTheLoops) {
  const auto options = delivery_of(
      "O ConnectionCacheSize=4\nO ConnectionCacheTimeout=1m\nO MaxQueueRunSize=10\n", 2);
  EXPECT_EQ(options.idle_connections, 2U);
  EXPECT_EQ(options.idle_timeout, 60s);
  EXPECT_EQ(options.most_in_run, 5U);
  EXPECT_EQ(delivery_of("O ConnectionCacheSize=0\n").idle_connections, 0U);
  EXPECT_EQ(delivery_of("O SingleThreadDelivery=True\n").connections_per_hop, 1U);
  EXPECT_EQ(delivery_of("O SingleThreadDelivery=True\n").connections_per_address, 1U);
}

TEST(SiteDelivery, UrgencyHasLimitsOfItsOwn) {
  const auto retry = delivery_of(
                         "O QueueTimeout=3d/2h\nO Timeout.queuereturn.urgent=4h\nO "
                         "Timeout.queuewarn.non-urgent=1d\n")
                         .retry;
  using enum mail::Urgency;
  EXPECT_EQ(retry.expire_after(normal), 72h);
  EXPECT_EQ(retry.expire_after(urgent), 4h);
  EXPECT_EQ(retry.expire_after(non_urgent), 72h);
  EXPECT_EQ(retry.warn_after(normal), 2h);
  EXPECT_EQ(retry.warn_after(urgent), 2h);
  EXPECT_EQ(retry.warn_after(non_urgent), 24h);
}

TEST(SiteDelivery, TheLineOfAMailerSaysItsLimits) {
  const auto limits =
      delivery_of("Mesmtp, P=[IPC], F=mDFMuXae, M=5000, m=7, r=3, A=TCP $h\n").limits_of("esmtp");
  EXPECT_FALSE(limits.expensive);
  EXPECT_EQ(limits.max_bytes, 5000U);
  EXPECT_EQ(limits.messages, 7U);
  EXPECT_EQ(limits.recipients, 3U);
  EXPECT_EQ(delivery_of("").limits_of("relay").recipients, 100U);
  EXPECT_TRUE(delivery_of("Mesmtp, P=[IPC], F=mDFMuXae, A=TCP $h\nO HoldExpensive=True\n")
                  .limits_of("esmtp")
                  .expensive);
}

TEST(SiteDelivery, MailersOfOtherNamesMustBeThere) {
  const std::string mailers =
      "Msmtp, P=[IPC], F=mDFMuX, A=TCP $h 2526\nMesmtp, P=[IPC], F=mDFMuXa, A=TCP $h\n";
  const auto options = delivery_of("D{SMTP_MAILER}smtp\nD{RELAY_MAILER}esmtp\n" + mailers);
  EXPECT_EQ(options.smtp_mailer, "smtp");
  EXPECT_EQ(options.relay_mailer, "esmtp");
  EXPECT_EQ(options.smtp_port, 2526);
  EXPECT_FALSE(options.limits_of("smtp").extended);
  EXPECT_TRUE(options.limits_of("esmtp").extended);
  EXPECT_TRUE(conf::parse("D{SMTP_MAILER}smtp\nMlocal\n" + mailers, "site.cf"));
  for (const char* name : {"smtp8", "dsmtp", "local", "hub"}) {
    EXPECT_FALSE(
        conf::parse("D{SMTP_MAILER}" + std::string(name) + "\nMlocal\n" + mailers, "site.cf"))
        << name;
    EXPECT_FALSE(
        conf::parse("D{RELAY_MAILER}" + std::string(name) + "\nMlocal\n" + mailers, "site.cf"))
        << name;
  }
}

TEST(SiteDelivery, AHostThatIsNoneIsAnError) {
  deliver::Options options;
  EXPECT_FALSE(fill_delivery(config_of("O FallbackMXhost=a b\n"), {}, options));
  for (const char* line : {"O ConnectOnlyTo=here\n", "O InetQoS=AF51\n", "O InetQoS=256\n",
                           "O QueueTimeout=5d/x\n", "Mlocal, m=many\n"}) {
    EXPECT_FALSE(conf::parse(std::string(line) + "Mlocal\n", "site.cf")) << line;
  }
}

TEST(SiteDelivery, WordsForPeopleMayStandInAFile) {
  const Names names{.host = "mx.test",
                    .nick = "mx",
                    .domain = "test",
                    .version = {},
                    .cf_version = {},
                    .addresses = {}};
  const test::TemporaryDirectory folder;
  maillog::Lines remarks;
  EXPECT_EQ(error_header(config_of("O ErrorHeader=ask $j\n"), names, remarks), "ask mx.test");
  const auto file = folder.write("words", "ask\n$j\n");
  EXPECT_EQ(error_header(config_of("O ErrorHeader=" + file + "\n"), names, remarks),
            "ask\nmx.test");
  EXPECT_TRUE(remarks.empty());
  EXPECT_EQ(error_header(config_of("O ErrorHeader=/not/there\n"), names, remarks), "");
  EXPECT_EQ(remarks.size(), 1U);
}

}  // namespace
}  // namespace signet::daemon
