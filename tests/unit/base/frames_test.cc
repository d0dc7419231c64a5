#include "signet/base/frames.h"

#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "support/socket_pair.h"

namespace signet {
namespace {

TEST(Frames, ArriveAsTheyLeft) {
  const test::SocketPair pair;
  for (const std::string& text : {std::string(), std::string("x"), std::string("\0\n\xff", 3)}) {
    ASSERT_TRUE(send_frame(pair.one.get(), text));
    EXPECT_EQ(receive_frame(pair.other.get(), 10).value(), text);
  }
}

TEST(Frames, AreRefusedWhenLongerThanAllowed) {
  const test::SocketPair pair;
  ASSERT_TRUE(send_frame(pair.one.get(), "12345"));
  EXPECT_FALSE(receive_frame(pair.other.get(), 4));
}

TEST(Frames, ThatAreCutAreErrors) {
  using namespace std::string_literals;
  for (const auto& cut : {""s, "\0\0"s, "\0\0\0\5"s, "\0\0\0\5ab"s}) {
    test::SocketPair pair;
    ASSERT_EQ(write(pair.one.get(), cut.data(), cut.size()), static_cast<ssize_t>(cut.size()));
    pair.one = Fd();
    EXPECT_FALSE(receive_frame(pair.other.get(), 100));
  }
}

}  // namespace
}  // namespace signet
