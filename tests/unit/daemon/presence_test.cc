#include "daemon/presence.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "signet/daemon/daemon.h"
#include "support/temporary_directory.h"
#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

class Presence : public testing::Test {
 protected:
  [[nodiscard]] Result<pid_t> running() const {
    return running_daemon(
        config_of("O QueueDirectory=" + folder_.path().string() + "\nO PidFile=" + pid_file_));
  }
  test::TemporaryDirectory folder_;
  std::string pid_file_ = folder_ / "pid";
};

TEST_F(Presence, IsWhatTheLockSays) {
  ASSERT_TRUE(write_pid_file(pid_file_, "sendmail -bd"));
  EXPECT_EQ(test::read_file(pid_file_), std::to_string(getpid()) + "\nsendmail -bd\n");
  EXPECT_FALSE(running());  // whose number this is by now, nobody knows
  {
    const auto lock = lock_queue(folder_.path());
    ASSERT_TRUE(lock);
    EXPECT_EQ(running().value(), getpid());
    EXPECT_FALSE(lock_queue(folder_.path()));
    remove_pid_file(pid_file_);
    EXPECT_FALSE(running());
  }
  EXPECT_TRUE(lock_queue(folder_.path()));
}

TEST_F(Presence, FollowsNoLinkAndRemovesRegularFilesOnly) {
  const auto target = folder_.write("target", "kept");
  std::filesystem::create_symlink(target, pid_file_);
  EXPECT_FALSE(write_pid_file(pid_file_, "sendmail -bd"));
  EXPECT_EQ(test::read_file(target), "kept");
  remove_pid_file(pid_file_);
  EXPECT_TRUE(std::filesystem::is_symlink(pid_file_));
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  remove_pid_file(pipe);
  EXPECT_TRUE(std::filesystem::exists(pipe));
  EXPECT_TRUE(write_pid_file("/dev/null", "sendmail -bd"));
}

}  // namespace
}  // namespace signet::daemon
