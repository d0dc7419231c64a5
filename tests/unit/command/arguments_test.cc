#include "command/arguments.h"

#include <sysexits.h>

#include <gtest/gtest.h>

#include "command/faces.h"

namespace signet::command {
namespace {

using Words = std::vector<std::string_view>;

TEST(Arguments, GiveOptionsAndTheirValues) {
  const Words words{"sendmail", "-bd", "-q30m", "-C", "file", "-Cother", "rest", "-x"};
  Arguments arguments(words);
  EXPECT_EQ(arguments.next_option(), "bd");
  EXPECT_EQ(arguments.value("bd"), "d");
  EXPECT_EQ(arguments.next_option(), "q30m");
  EXPECT_EQ(arguments.next_option(), "C");
  EXPECT_EQ(arguments.value("C"), "file");
  EXPECT_EQ(arguments.next_option(), "Cother");
  EXPECT_EQ(arguments.value("Cother"), "other");
  EXPECT_EQ(arguments.next_option(), std::nullopt);
  ASSERT_EQ(arguments.operands().size(), 2U);
  EXPECT_EQ(arguments.operands()[1], "-x");
}

TEST(Arguments, EndAtTwoDashesAndWhereNothingFollows) {
  const Words words{"sendmail", "--", "-C"};
  Arguments arguments(words);
  EXPECT_EQ(arguments.next_option(), std::nullopt);
  EXPECT_EQ(arguments.operands().size(), 1U);
  const Words bare{"sendmail", "-C"};
  Arguments short_one(bare);
  EXPECT_EQ(short_one.next_option(), "C");
  EXPECT_EQ(short_one.value("C"), std::nullopt);
  const Words dash{"sendmail", "-"};
  EXPECT_EQ(Arguments(dash).next_option(), std::nullopt);
}

TEST(SendmailFace, RefusesWhatItDoesNotKnow) {
  struct Row {
    Words words;
    std::string said;
  };
  for (const auto& row :
       {Row{{"-Z"}, "sendmail: illegal option -- Z\n"},
        Row{{"-C"}, "sendmail: option requires an argument -- C\n"},
        Row{{"-bz"}, "Frozen configurations unsupported\n"},
        Row{{"-bx"}, "sendmail: mode -bx is not supported yet\n"},
        Row{{"-q5x"}, "Invalid time unit `x'\nsendmail: -q5x: no interval such as -q30m\n"},
        Row{{"-q0m"}, "sendmail: -q0m: no interval such as -q30m\n"},
        Row{{"-qx"}, "sendmail: -qx: no interval such as -q30m\n"},
        Row{{"-q99999999999999999999s"},
            "sendmail: -q99999999999999999999s: no interval such as -q30m\n"}}) {
    Words words{"sendmail"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    testing::internal::CaptureStderr();
    EXPECT_EQ(sendmail(words), EX_USAGE);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), row.said);
  }
}

TEST(SendmailFace, HearsOfCategoryZeroOnly) {
  EXPECT_EQ(debug_level("0.1"), 1U);
  EXPECT_EQ(debug_level("0"), 1U);
  EXPECT_EQ(debug_level("8.7,0.13"), 13U);
  EXPECT_EQ(debug_level("0-99.4"), 4U);
  EXPECT_EQ(debug_level("0.99999"), 127U);
  for (const auto* flags : {"", "8.7", "21", "0.x", "00.1"})
    EXPECT_EQ(debug_level(flags), std::nullopt);
}

}  // namespace
}  // namespace signet::command
