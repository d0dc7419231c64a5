#include "daemon/presence.h"

#include <sys/stat.h>
#include <sys/wait.h>
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
    return running_daemon(config_of("O PidFile=" + pid_file_));
  }
  test::TemporaryDirectory folder_;
  std::string pid_file_ = folder_ / "pid";
};

TEST_F(Presence, OfOneDaemonKeepsOthersFromTheQueue) {
  {
    const auto lock = lock_queue(folder_.path());
    ASSERT_TRUE(lock);
    EXPECT_FALSE(lock_queue(folder_.path()));
  }
  EXPECT_TRUE(lock_queue(folder_.path()));
}

// Locks are a process's own, and go when it closes the file anywhere: a child looks for us.
TEST_F(Presence, IsWhatTheLockOnThePidFileSays) {
  const auto child_finds_us = [&] {
    const pid_t us = getpid();
    const pid_t child = fork();
    if (child == 0) {
      const auto found = running();
      _exit(found && *found == us ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status == 0;
  };
  EXPECT_FALSE(child_finds_us());
  {
    const auto held = hold_pid_file(pid_file_, "sendmail -bd");
    ASSERT_TRUE(held);
    EXPECT_TRUE(child_finds_us());
  }
  EXPECT_EQ(test::read_file(pid_file_), std::to_string(getpid()) + "\nsendmail -bd\n");
  EXPECT_FALSE(child_finds_us());  // whose number this is by now, nobody knows
}

TEST_F(Presence, FollowsNoLinkAndRemovesRegularFilesOnly) {
  const auto target = folder_.write("target", "kept");
  std::filesystem::create_symlink(target, pid_file_);
  EXPECT_FALSE(hold_pid_file(pid_file_, "sendmail -bd"));
  EXPECT_EQ(test::read_file(target), "kept");
  remove_pid_file(pid_file_);
  EXPECT_TRUE(std::filesystem::is_symlink(pid_file_));
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  remove_pid_file(pipe);
  EXPECT_TRUE(std::filesystem::exists(pipe));
  EXPECT_TRUE(hold_pid_file("/dev/null", "sendmail -bd"));
}

}  // namespace
}  // namespace signet::daemon
