#include "daemon/release_orders.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "signet/daemon/daemon.h"
#include "support/temporary_directory.h"

namespace signet::daemon {
namespace {

using Ids = std::vector<std::string>;

Ids taken(const std::string& queue) {
  auto ids = take_release_orders(queue);
  std::ranges::sort(ids);
  return ids;
}

TEST(ReleaseOrders, AreTakenOnce) {
  const test::TemporaryDirectory queue;
  EXPECT_TRUE(order_release(queue.path(), {"A1", "B2"}));
  EXPECT_TRUE(order_release(queue.path(), {"A1"}));
  EXPECT_EQ(taken(queue.path()), (Ids{"A1", "B2"}));
  EXPECT_EQ(taken(queue.path()), Ids());
  EXPECT_FALSE(order_release(queue.path(), {"../A1"}));
}

// Whoever owns the queue must not hold up or lead astray who orders as root.
TEST(ReleaseOrders, OpenNothingThatStandsThereAlready) {
  const test::TemporaryDirectory queue;
  const std::string folder = queue / "release";
  std::filesystem::create_directory(folder);
  ASSERT_EQ(mkfifo((folder + "/A1").c_str(), 0600), 0);
  std::filesystem::create_symlink(queue / "elsewhere", folder + "/B2");
  EXPECT_TRUE(order_release(queue.path(), {"A1", "B2"}));
  EXPECT_FALSE(std::filesystem::exists(queue / "elsewhere"));
  EXPECT_EQ(taken(queue.path()), (Ids{"A1", "B2"}));

  std::filesystem::remove(folder);
  std::filesystem::create_directory_symlink(queue / "other", folder);
  std::filesystem::create_directory(queue / "other");
  EXPECT_FALSE(order_release(queue.path(), {"A1"}));
}

}  // namespace
}  // namespace signet::daemon
