#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "signet/base/fd.h"
#include "support/temporary_directory.h"
#include "unit/mailbox/letters.h"

namespace signet::mailbox {
namespace {

class Mbox : public testing::Test {
 protected:
  Result<void> deliver_it(const Letter& letter) {
    return deliver({.path = path_, .lock_patience = Duration(0)}, letter);
  }
  [[nodiscard]] std::string content() const { return test::read_file(path_); }
  // Without the "From " lines in front, whose date is in local time.
  [[nodiscard]] std::string bodies() const {
    std::istringstream lines(content());
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("From ")) text += line + '\n';
    }
    return text;
  }
  void expect_refused(const Letter& letter, ErrorKind kind, std::string_view what) {
    const auto done = deliver_it(letter);
    ASSERT_FALSE(done) << what;
    EXPECT_EQ(done.error().kind, kind) << done.error().what;
    EXPECT_NE(done.error().what.find(what), std::string::npos) << done.error().what;
    EXPECT_FALSE(std::filesystem::exists(path_ + ".lock")) << what;
  }

  test::TemporaryDirectory folder_;
  std::string path_ = folder_ / "user";
};

TEST_F(Mbox, PutsLettersOneBehindTheOther) {
  ASSERT_TRUE(deliver_it(letter_of({"Subject: 1\r\n\r\nfirst\r\n"})));
  ASSERT_TRUE(deliver_it(letter_of({"Subject: 2\r\n\r\nsecond\r\n"}, "")));
  EXPECT_EQ(bodies(),
            "Return-Path: <a@example.org>\nSubject: 1\n\nfirst\n\n"
            "Return-Path: <>\nSubject: 2\n\nsecond\n\n");
  // The day depends on the time zone.
  const std::string first_line = content().substr(0, content().find('\n'));
  EXPECT_EQ(first_line.find("From a@example.org  S"), 0U) << first_line;
  EXPECT_EQ(first_line.size(), std::string("From a@example.org  Sun Sep  9 01:46:40 2001").size());
  EXPECT_TRUE(first_line.ends_with(" 2001")) << first_line;
  EXPECT_NE(content().find("\nFrom MAILER-DAEMON  "), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
  struct stat state {};
  ASSERT_EQ(stat(path_.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 07777U, 0600U);
}

TEST_F(Mbox, TurnsLinesTheSameWhereverThePiecesAreCut) {
  const std::string letter =
      "From x\r\nA: b\r\n\r\nFrom the start\r\n From not\r\nfrom not\r\n>From kept\r\nFromage\r\n"
      "bare\rcr\r\n\r\nFrom \r\nno end";
  const std::string want =
      ">From x\nA: b\n\n>From the start\n From not\nfrom not\n>From kept\nFromage\n"
      "bare\rcr\n\n>From \nno end\n\n";
  for (std::size_t cut = 1; cut <= letter.size(); ++cut) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < letter.size(); at += cut)
      pieces.push_back(letter.substr(at, cut));
    std::filesystem::remove(path_);
    ASSERT_TRUE(deliver_it(letter_of(pieces)));
    ASSERT_EQ(bodies(), "Return-Path: <a@example.org>\n" + want) << cut;
  }
}

TEST_F(Mbox, TakesLettersOfAnySize) {
  const std::string endless(300'000, 'x');
  std::vector<std::string> pieces;
  for (int i = 0; i < 20; ++i) pieces.push_back(endless);
  pieces.emplace_back("\r\n");
  ASSERT_TRUE(deliver_it(letter_of(pieces)));
  EXPECT_EQ(bodies().size(),
            std::string("Return-Path: <a@example.org>\n\n\n").size() + 20 * 300'000);
}

TEST_F(Mbox, LetsNoSenderForgeALine) {
  ASSERT_TRUE(deliver_it(letter_of({"\r\nx\r\n"}, "\"a b\r\nFrom evil\"@example.org")));
  EXPECT_EQ(content().find("From \"a_b??From_evil\"@example.org  "), 0U) << content();
  EXPECT_NE(content().find("Return-Path: <\"a b??From evil\"@example.org>\n"), std::string::npos);
}

TEST_F(Mbox, BeginsOnALineOfItsOwnAfterALetterThatWasCutShort) {
  const struct {
    const char* before;
    const char* want;
  } cases[] = {{"old", "old\n\n"}, {"old\n", "old\n\n"}, {"old\n\n", "old\n\n"},
               {"\n", "\n\n"},     {"x", "x\n\n"},       {"", ""}};
  for (const auto& one : cases) {
    folder_.write("user", one.before);
    ASSERT_TRUE(deliver_it(letter_of({"\r\n"})));
    EXPECT_EQ(content().find(std::string(one.want) + "From a@"), 0U) << content();
  }
}

TEST_F(Mbox, HoldsNothingOfALetterThatBreaksOff) {
  ASSERT_TRUE(deliver_it(letter_of({"\r\nfirst\r\n"})));
  const std::string before = content();
  const std::string much(200'000, 'x');
  expect_refused(broken_letter({much, much}), ErrorKind::temporary, "the content broke off");
  EXPECT_EQ(content(), before);
}

// As when the disk is full: the write fails in the middle.
TEST_F(Mbox, HoldsNothingOfALetterThatFindsNoSpace) {
  ASSERT_TRUE(deliver_it(letter_of({"\r\nfirst\r\n"})));
  const std::string before = content();
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = old.rlim_max};
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto done = deliver_it(letter_of({std::string(300'000, 'x')}));
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, handler);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::temporary) << done.error().what;
  EXPECT_EQ(content(), before);
}

TEST_F(Mbox, TakesTheDotLockOfAProcessThatIsNoMore) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  char host[256] = "";
  ASSERT_EQ(gethostname(host, sizeof host - 1), 0);
  const auto lock_of = [&](pid_t process, const std::string& where) {
    folder_.write("user.lock", std::to_string(process) + " " + where + "\n");
  };
  lock_of(child, std::string(host) + ".elsewhere");
  EXPECT_FALSE(deliver_it(letter_of({"\r\n"})));
  lock_of(getpid(), host);
  EXPECT_FALSE(deliver_it(letter_of({"\r\n"})));
  lock_of(child, host);
  EXPECT_TRUE(deliver_it(letter_of({"\r\n"})));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
}

TEST_F(Mbox, IsLeftAloneWhileAnotherHoldsItsLockFile) {
  folder_.write("user.lock", "1\n");
  const auto done = deliver_it(letter_of({"\r\n"}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::temporary);
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(std::filesystem::exists(path_ + ".lock"));
}

TEST_F(Mbox, TakesALockFileThatSomebodyForgot) {
  const utimbuf long_ago{.actime = 1'000'000, .modtime = 1'000'000};
  ASSERT_EQ(utime(folder_.write("user.lock", "1\n").c_str(), &long_ago), 0);
  EXPECT_TRUE(deliver_it(letter_of({"\r\n"})));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".lock"));
}

TEST_F(Mbox, IsLeftAloneWhileAnotherHoldsItsFcntlLock) {
  folder_.write("user", "old\n\n");
  const Fd other(open(path_.c_str(), O_RDWR));
  struct flock all {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  ASSERT_EQ(fcntl(other.get(), F_OFD_SETLK, &all), 0);
  expect_refused(letter_of({"\r\n"}), ErrorKind::temporary, "is locked");
  EXPECT_EQ(content(), "old\n\n");
}

TEST_F(Mbox, WaitsForALockWithinItsPatience) {
  folder_.write("user.lock", "1\n");
  Letter letter = letter_of({"\r\n"});
  std::jthread other([this] { std::filesystem::remove(path_ + ".lock"); });
  EXPECT_TRUE(deliver({.path = path_, .lock_patience = std::chrono::seconds(60)}, letter));
}

TEST_F(Mbox, IsARegularFileOfOneNameAndNoLink) {
  const std::string secret = folder_.write("secret", "do not touch\n");

  std::filesystem::create_symlink(secret, path_);
  expect_refused(letter_of({"\r\n"}), ErrorKind::permanent, "symbolic link");
  std::filesystem::remove(path_);

  std::filesystem::create_hard_link(secret, path_);
  expect_refused(letter_of({"\r\n"}), ErrorKind::permanent, "more than one name");
  std::filesystem::remove(path_);

  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  expect_refused(letter_of({"\r\n"}), ErrorKind::permanent, "not a regular file");
  std::filesystem::remove(path_);

  std::filesystem::create_directory(path_);
  expect_refused(letter_of({"\r\n"}), ErrorKind::permanent, "directory");
  EXPECT_EQ(test::read_file(secret), "do not touch\n");

  path_ = folder_ / "none/user";
  expect_refused(letter_of({"\r\n"}), ErrorKind::temporary, "folder is missing");
}

TEST_F(Mbox, BelongsToWhoeverWritesIt) {
  if (geteuid() != 0) GTEST_SKIP() << "NOT TESTED: only root can make a file of another user";
  folder_.write("user", "old\n\n");
  ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
  expect_refused(letter_of({"\r\n"}), ErrorKind::permanent, "belongs to another user");
  EXPECT_EQ(content(), "old\n\n");
}

TEST_F(Mbox, LosesNothingWhenManyWriteAtOnce) {
  constexpr int kWriters = 4;
  constexpr int kLetters = 10;
  std::vector<pid_t> children;
  for (int w = 0; w < kWriters; ++w) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int i = 0; i < kLetters; ++i) {
        const auto done = deliver({.path = path_, .lock_patience = std::chrono::seconds(60)},
                                  letter_of({"\r\nletter " + std::to_string(w) + "\r\n"}));
        if (!done) _exit(1);
      }
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const std::string all = bodies();
  const std::string head = "Return-Path: <a@example.org>\n\nletter ";
  std::size_t at = 0;
  int letters = 0;
  for (; all.compare(at, head.size(), head) == 0; ++letters) at += head.size() + 3;
  EXPECT_EQ(letters, kWriters * kLetters);
  EXPECT_EQ(at, all.size());
}

}  // namespace
}  // namespace signet::mailbox
