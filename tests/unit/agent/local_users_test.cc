#include "signet/agent/local_users.h"

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "signet/base/text.h"
#include "support/temporary_directory.h"

namespace signet::agent {
namespace {

std::string mailbox_of(const LocalUsers& users, std::string_view name) {
  const auto owner = users.find(name);
  return !owner ? owner.error().what : *owner ? (*owner)->mailbox : "none";
}

TEST(LocalUsers, HaveOneMailboxHoweverTheirNameIsWritten) {
  test::TemporaryDirectory directory;
  const auto file = directory.write("users", "Alice  # the first\n");
  const auto users = LocalUsers::open({.kind = conf::MailboxUsers::Kind::file, .file = file});
  ASSERT_TRUE(users);
  for (const auto* name : {"alice", "Alice", "ALICE"}) {
    EXPECT_EQ(mailbox_of(*users, name), "alice") << name;
  }
  EXPECT_EQ(mailbox_of(*users, "Postmaster"), "postmaster");
  EXPECT_EQ(mailbox_of(*users, "bob"), "none");
}

TEST(LocalUsers, OfTheSystemHaveOneMailboxToo) {
  const auto users = LocalUsers::open({.kind = conf::MailboxUsers::Kind::passwd, .file = {}});
  ASSERT_TRUE(users);
  EXPECT_EQ(mailbox_of(*users, "Root"), "root");
  EXPECT_EQ(mailbox_of(*users, "no-such-user"), "none");
}

// Ends with 0: "nobody can say now". Of the modules of the name service none can be loaded, and no
// data base opened.
[[noreturn]] void ask_without_descriptors() {
  const auto users = LocalUsers::open({.kind = conf::MailboxUsers::Kind::passwd, .file = {}});
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto found = users->find("no-such-user+detail");
  _exit(!found && found.error().kind == ErrorKind::temporary ? 0 : 1);
}

TEST(LocalUsersDeathTest, OfTheSystemAreNotUnknownWhereNobodyCanSay) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)  // it wants descriptors itself; the build with TSan runs this
  GTEST_SKIP() << "NOT RUN: needs a build without AddressSanitizer";
#endif
#endif
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has loaded no module yet
  EXPECT_EXIT(ask_without_descriptors(), testing::ExitedWithCode(0), "");
}

TEST(LocalUsers, OfAFileAreItsNames) {
  const test::TemporaryDirectory folder;
  const auto file = folder.write("users", "alice\n# nobody\n  Bob  # the builder\n\n");
  const auto users = LocalUsers::open({conf::MailboxUsers::Kind::file, file});
  ASSERT_TRUE(users);
  for (const auto* name : {"alice", "ALICE", "bob", "postmaster", "Postmaster"}) {
    const auto owner = users->find(name).value();
    ASSERT_TRUE(owner) << name;
    EXPECT_FALSE(owner->system_user);
    EXPECT_EQ(owner->mailbox, to_lower(name));  // one, however it is written
  }
  for (const auto* name : {"nobody", "#", "", "builder", "../alice"}) {
    EXPECT_FALSE(users->find(name).value()) << name;
  }
  EXPECT_FALSE(LocalUsers::open({conf::MailboxUsers::Kind::file, folder / "none"}));
}

TEST(LocalUsers, OfTheSystemHaveItsNumbers) {
  const auto users = LocalUsers::open({});
  ASSERT_TRUE(users);
  const auto root = users->find("root").value();
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->system_user);
  EXPECT_EQ(root->uid, 0U);
  const auto postmaster = users->find("Postmaster").value();
  ASSERT_TRUE(postmaster);
  EXPECT_EQ(postmaster->mailbox, "root");
  EXPECT_FALSE(users->find("no-such-user-here").value());
}

TEST(MailboxNames, CannotLeaveTheirFolder) {
  struct Row {
    std::string name;
    bool good;
  };
  for (const auto& row :
       {Row{"alice", true}, Row{"a.b-c_d+e", true}, Row{"", false}, Row{".", false},
        Row{"..", false}, Row{".hidden", false}, Row{"-rf", false}, Row{"a/b", false},
        Row{"/etc/passwd", false}, Row{"a b", false}, Row{"a\nb", false}, Row{"a\x7f", false},
        Row{"gr\xc3\xbcn", false}, Row{std::string(64, 'a'), true},
        Row{std::string(65, 'a'), false}}) {
    EXPECT_EQ(is_mailbox_name(row.name), row.good) << row.name;
  }
}

}  // namespace
}  // namespace signet::agent
