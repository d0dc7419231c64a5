// The bytes of a connection: consumed in front, given back when empty.
#include "net/buffer.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace signet::net {
namespace {

TEST(Buffer, GivesBackItsMemoryWhenEmpty) {
  Buffer buffer;
  buffer.append(std::string(100'000, 'x'));
  buffer.consume(100'000);
  EXPECT_TRUE(buffer.empty());
  EXPECT_LE(buffer.capacity(), 256U);
  buffer.append(std::string(100'000, 'x'));
  buffer.clear();
  EXPECT_LE(buffer.capacity(), 256U);
}

TEST(Buffer, HandsOutWhatIsLentAndKeepsTheRest) {
  std::string elsewhere = "EHLO a\r\nMAIL";
  Buffer buffer;
  buffer.lend(elsewhere);
  EXPECT_EQ(buffer.view().data(), elsewhere.data());
  buffer.consume(8);
  EXPECT_EQ(buffer.view(), "MAIL");
  buffer.keep();
  elsewhere.assign(elsewhere.size(), '?');
  EXPECT_EQ(buffer.view(), "MAIL");
  buffer.append(" FROM");
  EXPECT_EQ(buffer.view(), "MAIL FROM");
}

TEST(Buffer, KeepsWhatIsLentBeforeMoreIsAppended) {
  std::string elsewhere = "ab";
  Buffer buffer;
  buffer.lend(elsewhere);
  buffer.append("c");
  elsewhere = "??";
  EXPECT_EQ(buffer.view(), "abc");
}

TEST(Buffer, TakesOverBehindWhatIsThere) {
  Buffer buffer;
  buffer.take_over(std::string(1000, 'a'));
  buffer.consume(999);
  buffer.take_over(std::string(1000, 'b'));
  EXPECT_EQ(buffer.view(), "a" + std::string(1000, 'b'));
}

TEST(Buffer, DoesNotGrowByWhatIsConsumedWhenItNeverQuiteEmpties) {
  Buffer buffer;
  buffer.append("x");
  for (int i = 0; i < 10'000; ++i) {
    buffer.append(std::string(1000, 'x'));
    buffer.consume(1000);
  }
  EXPECT_EQ(buffer.size(), 1U);
  EXPECT_LT(buffer.capacity(), 100'000U);
}

TEST(Buffer, KeepsEveryByteInOrderAtRandomCuts) {
  std::mt19937 random(1);
  Buffer buffer;
  unsigned char next_in = 0;
  unsigned char next_out = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string more(random() % 300, '\0');
    for (char& c : more) c = static_cast<char>(next_in++);
    buffer.append(more);
    const std::size_t count = random() % (buffer.size() + 1);
    for (const char c : buffer.view().substr(0, count)) {
      ASSERT_EQ(static_cast<unsigned char>(c), next_out++);
    }
    buffer.consume(count);
  }
}

TEST(BufferDeath, RefusesToConsumeMoreThanThereIs) {
  Buffer buffer;
  buffer.append("ab");
  EXPECT_DEATH(buffer.consume(3), "");
}

}  // namespace
}  // namespace signet::net
