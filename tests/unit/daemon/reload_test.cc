#include "daemon/reload.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

using conf::Modifier;
using Remarks = std::vector<std::string>;

constexpr std::string_view kTwoPorts =
    "O DaemonPortOptions=Name=MTA\n"
    "O DaemonPortOptions=Port=587, Name=MSA, M=Ea\n";

TEST(Reload, TakesWhatCanChange) {
  const auto start = config_of(kTwoPorts);
  std::string changed(kTwoPorts);
  changed += "O MaxMessageSize=1000\n";
  auto config = config_of(changed);
  EXPECT_EQ(keep_what_is_fixed(config, start), Remarks());
  EXPECT_EQ(config.max_message_bytes, 1000U);
  EXPECT_EQ(config.daemon_ports, start.daemon_ports);
}

// A port in front of the others must not hand its modifiers to the socket that was there.
TEST(Reload, AnOpenPortKeepsItsPlaceAndTakesTheModifiersOfItsAddress) {
  const auto start = config_of(kTwoPorts);
  auto config = config_of(
      "O DaemonPortOptions=Port=465, Name=TLS, M=sE\n"
      "O DaemonPortOptions=Port=587, Name=MSA2, M=E\n"
      "O DaemonPortOptions=Name=MTA, M=a\n");
  EXPECT_EQ(keep_what_is_fixed(config, start),
            Remarks({"daemon=TLS is new; its port is opened at a restart"}));
  ASSERT_EQ(config.daemon_ports.size(), 2U);
  EXPECT_EQ(config.daemon_ports[0].port, 25);
  EXPECT_TRUE(config.daemon_ports[0].has(Modifier::require_auth));
  EXPECT_EQ(config.daemon_ports[1].port, 587);
  EXPECT_EQ(config.daemon_ports[1].name, "MSA2");
  EXPECT_FALSE(config.daemon_ports[1].has(Modifier::require_auth));
}

TEST(Reload, APortThatIsGoneStaysAsItWas) {
  const auto start = config_of(kTwoPorts);
  auto config = config_of("O DaemonPortOptions=Name=MTA\n");
  EXPECT_EQ(
      keep_what_is_fixed(config, start),
      Remarks({"daemon=MSA is in the configuration no more; it stays as it was until a restart"}));
  EXPECT_EQ(config.daemon_ports, start.daemon_ports);
}

// The kernel picked them: only the names tell one from the other.
TEST(Reload, PortsOfTheKernelAreToldApartByName) {
  const auto start = config_of(
      "O DaemonPortOptions=Port=0, Addr=127.0.0.1, Name=one\n"
      "O DaemonPortOptions=Port=0, Addr=127.0.0.1, Name=two\n");
  auto config = config_of(
      "O DaemonPortOptions=Port=0, Addr=127.0.0.1, Name=two, M=a\n"
      "O DaemonPortOptions=Port=0, Addr=127.0.0.1, Name=one\n");
  EXPECT_EQ(keep_what_is_fixed(config, start), Remarks());
  EXPECT_EQ(config.daemon_ports[0], start.daemon_ports[0]);
  EXPECT_TRUE(config.daemon_ports[1].has(Modifier::require_auth));
}

// Without Addr= no family and Family=inet open the same port; Family=inet6 another one.
TEST(Reload, TheFamilyTellsPortsApart) {
  const auto start = config_of("O DaemonPortOptions=Name=MTA\n");
  auto same = config_of("O DaemonPortOptions=Name=MTA, Family=inet, M=a\n");
  EXPECT_EQ(keep_what_is_fixed(same, start), Remarks());
  EXPECT_TRUE(same.daemon_ports[0].has(Modifier::require_auth));
  auto other = config_of("O DaemonPortOptions=Name=MTA, Family=inet6, M=a\n");
  EXPECT_EQ(keep_what_is_fixed(other, start).size(), 2U);
  EXPECT_EQ(other.daemon_ports, start.daemon_ports);
}

TEST(Reload, LogMailboxesAndSaslStay) {
  const auto start = config_of("");
  auto config = config_of(
      "O LogTarget=stderr\nO MailboxDirectory=/m\nO MailboxFormat=maildir\n"
      "O MailboxDatabase=file:/u\nO SaslConfDir=/s\n");
  EXPECT_EQ(keep_what_is_fixed(config, start).size(), 5U);
  EXPECT_EQ(config.log_target, start.log_target);
  EXPECT_EQ(config.mailbox_directory, start.mailbox_directory);
  EXPECT_EQ(config.mailbox_format, start.mailbox_format);
  EXPECT_EQ(config.mailbox_users, start.mailbox_users);
  EXPECT_EQ(config.sasl_conf_dir, start.sasl_conf_dir);
}

// The agent has read them when the daemon started.
TEST(Reload, MailersThatAreProgramsStay) {
  const auto start = config_of("Mpost, P=/bin/post, F=n, A=post $u\n");
  auto same = config_of("#\nMpost, P=/bin/post, F=n, A=post $u\nMesmtp, P=[IPC], A=TCP $h 2525\n");
  EXPECT_EQ(keep_what_is_fixed(same, start), Remarks());
  EXPECT_EQ(same.mailer("esmtp")->port, 2525);
  auto other = config_of("Mpost, P=/bin/post, F=n, A=post $h\nMnew, P=/bin/new, A=new\n");
  EXPECT_EQ(keep_what_is_fixed(other, start),
            Remarks({"mailers that are programs change at a restart only"}));
  EXPECT_EQ(other.mailer("post")->arguments, "post $u");
  EXPECT_EQ(other.mailer("new"), nullptr);
}

TEST(Reload, TheUserOfAProgramWaitsForARestart) {
  const auto start = config_of("Mpost, P=/bin/post, U=lp, A=post\nMfax, P=/bin/fax, A=fax\n");
  auto config = config_of(
      "Mpost, P=/bin/post, M=5, A=post\nMfax, P=/bin/fax, U=fax, A=fax\nMnew, P=/x, U=lp, A=x\n");
  const auto remarks = keep_what_is_fixed(config, start);
  ASSERT_EQ(remarks.size(), 3U);
  EXPECT_TRUE(
      remarks[0].ends_with("line 1: mailer post: U= changes at a restart only; until then its "
                           "program runs as lp, not as DefaultUser"))
      << remarks[0];
  EXPECT_TRUE(
      remarks[1].ends_with("line 2: mailer fax: U= changes at a restart only; until then its "
                           "program runs as DefaultUser, not as fax"))
      << remarks[1];
  EXPECT_EQ(config.mailer("post")->user, "lp");
  EXPECT_EQ(config.mailer("fax")->user, "");
  EXPECT_EQ(config.mailer("new"), nullptr);
}

// The agent does not know it.
TEST(Reload, TheSizeForAProgramChanges) {
  auto config = config_of("Mpost, P=/bin/post, U=lp, M=5, A=post\n");
  EXPECT_EQ(keep_what_is_fixed(config, config_of("Mpost, P=/bin/post, U=lp, A=post\n")), Remarks());
  EXPECT_EQ(config.mailer("post")->max_bytes, 5U);
}

TEST(Reload, WhatIsOpenOrLockedStays) {
  const auto start = config_of("O QueueDirectory=/var/spool/a\nO Loops=2\nO PidFile=/run/a\n");
  auto config = config_of("O QueueDirectory=/var/spool/b\nO Loops=4\nO RunAsUser=mail\n");
  EXPECT_EQ(keep_what_is_fixed(config, start),
            Remarks({"QueueDirectory changes at a restart only", "Loops changes at a restart only",
                     "RunAsUser changes at a restart only", "PidFile changes at a restart only"}));
  EXPECT_EQ(config.queue_directory, "/var/spool/a");
  EXPECT_EQ(config.loops, 2U);
  EXPECT_EQ(config.run_as_user, "");
}

}  // namespace
}  // namespace signet::daemon
