#include "signet/maillog/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

#include "signet/base/fd.h"
#include "signet/base/text.h"

namespace signet::maillog {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kThen{1795428000s};  // 2026-11-23 10:00:00 UTC

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    std::string pattern = (std::filesystem::temp_directory_path() / "signet-log-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.target = {TargetKind::file, path("maillog")};
    options_.host = "mx1";
    options_.clock = [] { return kThen; };
  }
  ~LogTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }
  static std::string text_of(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::unique_ptr<Log> open(const LogOptions& options) {
    auto log = Log::open(options);
    EXPECT_TRUE(log) << log.error().what;
    return std::move(*log);
  }
  static std::string origin() { return " mx1 sm-mta[" + std::to_string(::getpid()) + "]: "; }

  std::filesystem::path folder_;
  LogOptions options_;
};

TEST_F(LogTest, AFileLooksLikeSyslogs) {
  auto log = open(options_);
  log->write(starting_daemon("8.18.1", 600s));
  log->write(Line{0, Priority::info, "a line\nthat is\x01none"});
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(text_of(path("maillog")), "Nov 23 10:00:00" + origin() +
                                          "starting daemon (8.18.1): SMTP+queueing@00:10:00\n" +
                                          "Nov 23 10:00:00" + origin() + "a line?that is?none\n");
}

TEST_F(LogTest, DaysOfOneDigitAreFilledWithABlank) {
  options_.clock = [] { return kThen - 480h; };
  auto log = open(options_);
  log->write(remark(Priority::info, "x"));
  ASSERT_TRUE(log->flush());
  EXPECT_TRUE(text_of(path("maillog")).starts_with("Nov  3 10:00:00 mx1 "));
}

TEST_F(LogTest, TheLevelDecidesAndMayChange) {
  auto log = open(options_);
  EXPECT_TRUE(log->wants(8));
  EXPECT_FALSE(log->wants(9));
  log->write(Line{8, Priority::info, "one"});
  log->write(Line{9, Priority::info, "two"});
  log->set_level(10);
  log->write(Lines{{9, Priority::info, "three"}, {10, Priority::info, "four"}});
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(text_of(path("maillog")),
            "Nov 23 10:00:00" + origin() + "one\nNov 23 10:00:00" + origin() + "three\n");
}

TEST_F(LogTest, AppendsToWhatIsThereAndRefusesASymlink) {
  std::ofstream(path("maillog")) << "old\n";
  {
    auto log = open(options_);
    log->write(Line{0, Priority::info, "new"});
  }
  EXPECT_TRUE(text_of(path("maillog")).starts_with("old\nNov 23"));
  EXPECT_TRUE(text_of(path("maillog")).ends_with("new\n"));
  std::filesystem::create_symlink(path("maillog"), path("link"));
  options_.target.path = path("link");
  EXPECT_FALSE(Log::open(options_));
  options_.target.path = path("none/maillog");
  EXPECT_FALSE(Log::open(options_));
}

TEST_F(LogTest, ReopensForRotation) {
  auto log = open(options_);
  log->write(Line{0, Priority::info, "before"});
  ASSERT_TRUE(log->flush());
  std::filesystem::rename(path("maillog"), path("maillog.1"));
  log->reopen();
  log->write(Line{0, Priority::info, "after"});
  ASSERT_TRUE(log->flush());
  EXPECT_TRUE(text_of(path("maillog.1")).ends_with("before\n"));
  EXPECT_EQ(text_of(path("maillog")), "Nov 23 10:00:00" + origin() + "after\n");
}

TEST_F(LogTest, KeepsTheOldFileWhenTheNewOneCannotBeOpened) {
  std::filesystem::create_directory(path("d"));
  options_.target.path = path("d/maillog");
  auto log = open(options_);
  std::filesystem::rename(path("d"), path("e"));
  log->reopen();
  ASSERT_TRUE(log->flush());
  log->write(Line{0, Priority::info, "still here"});
  ASSERT_TRUE(log->flush());
  const std::string text = text_of(path("e/maillog"));
  EXPECT_NE(text.find("log not reopened: opening "), std::string::npos);
  EXPECT_NE(text.find("still here\n"), std::string::npos);
}

TEST_F(LogTest, EveryLineOfEveryThreadIsThereOnceAndInItsOrder) {
  constexpr int kThreads = 4;
  constexpr int kLines = 5000;
  {
    auto log = open(options_);
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kLines; ++i) {
          log->write(Line{0, Priority::info, std::to_string(t) + " " + std::to_string(i)});
        }
      });
    }
    threads.clear();
    EXPECT_EQ(log->dropped(), 0U);
  }
  std::array<int, kThreads> next{};
  std::ifstream in(path("maillog"));
  for (std::string line; std::getline(in, line);) {
    const auto parts = words(std::string_view(line).substr(line.find("]: ") + 3));
    ASSERT_EQ(parts.size(), 2U);
    const auto thread = static_cast<std::size_t>(*parse_number(parts[0]));
    EXPECT_EQ(static_cast<int>(*parse_number(parts[1])), next[thread]++);
  }
  for (const int count : next) EXPECT_EQ(count, kLines);
}

// The local syslog daemon of these tests.
class SyslogPeer {
 public:
  explicit SyslogPeer(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{30, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  std::string next() {
    std::array<char, 16384> buffer{};
    const auto count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
  }

 private:
  Fd fd_;
};

class SyslogTest : public LogTest {
 protected:
  SyslogTest() {
    options_.target = {TargetKind::syslog, {}};
    options_.syslog_socket = path("log");
  }
  static std::string origin() {
    return "Nov 23 10:00:00 sm-mta[" + std::to_string(::getpid()) + "]: ";
  }
};

TEST_F(SyslogTest, GetsFacilityMailAndThePriority) {
  SyslogPeer peer(path("log"));
  auto log = open(options_);
  log->write(Line{0, Priority::info, "one"});
  log->write(Line{0, Priority::error, "two"});
  EXPECT_EQ(peer.next(), "<22>" + origin() + "one");
  EXPECT_EQ(peer.next(), "<19>" + origin() + "two");
  EXPECT_TRUE(log->flush());
}

TEST_F(SyslogTest, LinesWaitForASyslogThatIsNotThereYetAndForOneThatRestarts) {
  auto log = open(options_);
  log->write(Line{0, Priority::info, "early"});
  EXPECT_FALSE(log->flush(50ms));
  {
    SyslogPeer peer(path("log"));
    EXPECT_EQ(peer.next(), "<22>" + origin() + "early");
    EXPECT_TRUE(log->flush());
  }
  std::filesystem::remove(path("log"));
  log->write(Line{0, Priority::info, "late"});
  SyslogPeer peer(path("log"));
  EXPECT_EQ(peer.next(), "<22>" + origin() + "late");
}

TEST_F(SyslogTest, AStalledSyslogCostsLinesButNeverTheCaller) {
  SyslogPeer peer(path("log"));
  options_.max_queued_bytes = 100'000;
  auto log = open(options_);
  const std::string text(1000, 'x');
  constexpr int kLines = 5000;
  for (int i = 0; i < kLines; ++i) log->write(Line{0, Priority::info, text});
  EXPECT_GT(log->dropped(), 0U);
  int received = 0;
  std::string line;
  while (!(line = peer.next()).empty() && line.find("log queue was full") == std::string::npos) {
    ++received;
  }
  const std::regex form(".*log queue was full: ([0-9]+) lines dropped");
  std::smatch match;
  ASSERT_TRUE(std::regex_match(line, match, form)) << line;
  EXPECT_LE(received + std::stoi(match[1]), kLines);
  EXPECT_GT(received, 0);
}

TEST_F(SyslogTest, AnAbsentSyslogDoesNotKeepTheProgramFromEnding) {
  auto log = open(options_);
  log->write(Line{0, Priority::info, "lost"});
  log.reset();  // comes back
}

TEST(LogTarget, IsReadFromTheSetting) {
  EXPECT_EQ(*parse_log_target("syslog"), (LogTarget{TargetKind::syslog, {}}));
  EXPECT_EQ(*parse_log_target("stderr"), (LogTarget{TargetKind::standard_error, {}}));
  EXPECT_EQ(*parse_log_target("file:/var/log/maillog"),
            (LogTarget{TargetKind::file, "/var/log/maillog"}));
  for (const auto* text : {"", "file:", "file", "Syslog", "/var/log/maillog"}) {
    EXPECT_FALSE(parse_log_target(text)) << text;
  }
}

}  // namespace
}  // namespace signet::maillog
