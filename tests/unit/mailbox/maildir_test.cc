#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "unit/mailbox/letters.h"

namespace signet::mailbox {
namespace {

class Maildir : public testing::Test {
 protected:
  Result<void> deliver_it(const Letter& letter) {
    return deliver({.format = Format::maildir, .path = path_}, letter);
  }
  [[nodiscard]] std::vector<std::string> files(const std::string& part) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/" + part)) {
      found.push_back(entry.path().string());
    }
    return found;
  }

  test::TemporaryDirectory folder_;
  std::string path_ = folder_ / "user";
};

TEST_F(Maildir, IsMadeWhenItIsMissing) {
  ASSERT_TRUE(deliver_it(letter_of({"Subject: 1\r\n\r\nFrom here\r\n.x\r\n"})));
  ASSERT_EQ(files("new").size(), 1U);
  EXPECT_EQ(test::read_file(files("new").front()),
            "Return-Path: <a@example.org>\nSubject: 1\n\nFrom here\n.x\n");
  EXPECT_TRUE(files("tmp").empty());
  EXPECT_TRUE(files("cur").empty());
  struct stat state {};
  ASSERT_EQ(stat(path_.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0700U);
  ASSERT_EQ(stat(files("new").front().c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0600U);
}

TEST_F(Maildir, GivesEveryLetterANameOfItsOwn) {
  std::set<std::string> names;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(deliver_it(letter_of({"\r\n" + std::to_string(i) + "\r\n"})));
  }
  for (const auto& file : files("new")) {
    const std::string name = std::filesystem::path(file).filename();
    EXPECT_EQ(name.find(':'), std::string::npos) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 50U);
}

TEST_F(Maildir, HoldsNothingOfALetterThatBreaksOff) {
  ASSERT_TRUE(deliver_it(letter_of({"\r\n"})));
  const auto done = deliver_it(broken_letter({std::string(200'000, 'x')}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::temporary);
  EXPECT_EQ(files("new").size(), 1U);
  EXPECT_TRUE(files("tmp").empty());
}

TEST_F(Maildir, IsAFolderOfItsOwnerAndNoLink) {
  folder_.write("user", "a file");
  auto done = deliver_it(letter_of({"\r\n"}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::permanent);
  EXPECT_EQ(test::read_file(path_), "a file");
  std::filesystem::remove(path_);

  std::filesystem::create_directory(folder_.path() / "elsewhere");
  std::filesystem::create_symlink("elsewhere", path_);
  done = deliver_it(letter_of({"\r\n"}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::permanent);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "elsewhere"));
  std::filesystem::remove(path_);

  if (geteuid() == 0) {
    std::filesystem::create_directory(path_);
    ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
    done = deliver_it(letter_of({"\r\n"}));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::permanent);
  }
}

TEST_F(Maildir, WaitsForItsHomeToBeThere) {
  path_ = folder_ / "none/user";
  const auto done = deliver_it(letter_of({"\r\n"}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::temporary);
}

}  // namespace
}  // namespace signet::mailbox
