#include "daemon/host_load.h"

#include <gtest/gtest.h>

namespace signet::daemon {
namespace {

TEST(MemoryWatch, ReadsALineOfTheKernel) {
  MemoryWatch total("MemTotal");
  EXPECT_GT(total.read(), 1000U);
  EXPECT_FALSE(total.is_below(1));
  EXPECT_TRUE(total.is_below(~0ULL));
  MemoryWatch unknown("NoSuchMemory");
  EXPECT_EQ(unknown.read(), 0U);
  EXPECT_FALSE(unknown.is_below(~0ULL));
}

}  // namespace
}  // namespace signet::daemon
