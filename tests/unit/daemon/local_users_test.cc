#include "daemon/local_users.h"

#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace signet::daemon {
namespace {

TEST(LocalUsers, HaveOneMailboxHoweverTheirNameIsWritten) {
  test::TemporaryDirectory directory;
  const auto file = directory.write("users", "Alice  # the first\n");
  const auto users = LocalUsers::open({.kind = conf::MailboxUsers::Kind::file, .file = file});
  ASSERT_TRUE(users);
  for (const auto* name : {"alice", "Alice", "ALICE"}) {
    const auto owner = users->find(name);
    ASSERT_TRUE(owner) << name;
    EXPECT_EQ(owner->mailbox, "alice");
  }
  ASSERT_TRUE(users->find("Postmaster"));
  EXPECT_EQ(users->find("Postmaster")->mailbox, "postmaster");
  EXPECT_FALSE(users->find("bob"));
}

TEST(LocalUsers, OfTheSystemHaveOneMailboxToo) {
  const auto users = LocalUsers::open({.kind = conf::MailboxUsers::Kind::passwd, .file = {}});
  ASSERT_TRUE(users);
  ASSERT_TRUE(users->find("Root"));
  EXPECT_EQ(users->find("Root")->mailbox, "root");
}

}  // namespace
}  // namespace signet::daemon
