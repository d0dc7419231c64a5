#include "daemon/mailboxes.h"

#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

std::shared_ptr<const agent::LocalUsers> users_named(const std::string& names) {
  const test::TemporaryDirectory folder;
  const auto file = folder.write("users", names);
  auto users = agent::LocalUsers::open({.kind = conf::MailboxUsers::Kind::file, .file = file});
  EXPECT_TRUE(users) << users.error().what;
  return std::make_shared<const agent::LocalUsers>(std::move(*users));
}

Result<std::shared_ptr<const policy::Mailboxes>> mailboxes_by(const std::string& text) {
  return mailboxes_of(config_of(text), users_named("carol\n"));
}

TEST(Mailboxes, MayBeReachedByLmtp) {
  const auto hop_of = [](const std::string& mailer) {
    const auto made = mailboxes_by(mailer);
    EXPECT_TRUE(made && *made && (*made)->hop) << mailer;
    return made && *made ? (*made)->hop.value_or(policy::NextHop()) : policy::NextHop();
  };
  EXPECT_EQ(
      hop_of("D{LOCAL_MAILER}cyrusv2\n"
             "Mcyrusv2, P=[IPC], F=lsDFMnqXz, E=\\r\\n, T=DNS/RFC822/SMTP, A=FILE /run/lmtp\n"),
      (policy::NextHop{.host = "/run/lmtp", .use_mx = false, .port = 0, .lmtp = true}));
  EXPECT_EQ(hop_of("D{LOCAL_MAILER}cyrusv2\nMcyrusv2, P=[IPC], F=z, A=TCP box.test lmtp\n"),
            (policy::NextHop{.host = "box.test", .use_mx = false, .port = 24, .lmtp = true}));
  // Without flag z it is no LMTP, and another local mailer is not asked.
  for (const std::string ours :
       {"D{LOCAL_MAILER}cyrusv2\nMcyrusv2, P=[IPC], F=w, A=FILE /run/lmtp\n",
        "Mcyrusv2, P=[IPC], F=z, A=FILE /run/lmtp\n"}) {
    const auto made = mailboxes_by(ours);
    EXPECT_TRUE(made && *made == nullptr) << ours;
  }
  EXPECT_FALSE(mailboxes_by("D{LOCAL_MAILER}cyrusv2\nMcyrusv2, P=[IPC], F=z, A=PIPE /run/lmtp\n"));
  EXPECT_FALSE(conf::parse("D{LOCAL_MAILER}cyrusv2\nMlocal\n", "site.cf"));
}

TEST(Mailboxes, MayBeThoseOfAProgram) {
  const std::string cyrus = "Mcyrus, P=/usr/sbin/deliver, F=Ah5, U=cyrus:mail, A=deliver -- $u\n";
  const auto made = mailboxes_by("D{LOCAL_MAILER}cyrus\n" + cyrus);
  ASSERT_TRUE(made && *made);
  EXPECT_EQ((*made)->mailer, "cyrus");
  EXPECT_FALSE((*made)->hop);
  EXPECT_TRUE((*made)->asks_relays);
  EXPECT_FALSE((*made)->accounts);
  EXPECT_FALSE(*mailboxes_by(cyrus));
  EXPECT_FALSE(*mailboxes_by("D{LOCAL_MAILER}local\n" + cyrus));
}

TEST(Mailboxes, AccountsCountForWhoeverAsksRelays) {
  const auto with_flags = [](const std::string& flags) {
    return *mailboxes_by("D{LOCAL_MAILER}box\nDLlost.test\nMbox, P=/x, F=" + flags +
                         ", A=box $u\n");
  };
  const auto boxes = with_flags("A5");
  ASSERT_TRUE(boxes->accounts);
  EXPECT_TRUE(boxes->accounts->waits());
  EXPECT_EQ(*boxes->accounts->find("Carol"), "carol");
  EXPECT_EQ(*boxes->accounts->find("dave"), std::nullopt);
  EXPECT_FALSE(with_flags("Aw")->accounts);
  EXPECT_FALSE(with_flags("Aw")->asks_relays);
}

}  // namespace
}  // namespace signet::daemon
