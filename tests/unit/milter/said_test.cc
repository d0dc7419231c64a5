#include "milter/said.h"

#include <gtest/gtest.h>

namespace signet::milter {
namespace {

using namespace std::string_literals;

TEST(ParseReply, TakesWhatMayBeSentAndNothingElse) {
  struct Case {
    std::string data;
    std::optional<mail::Reply> want;
  };
  const std::vector<Case> cases{
      {"550 5.7.1 no\0"s, mail::Reply{550, "5.7.1", "no"}},
      {"451 later\0"s, mail::Reply{451, "4.0.0", "later"}},
      {"550\0"s, mail::Reply{550, "5.0.0", ""}},
      {"421-4.7.0 one\r\n421 4.7.0 two\0"s, mail::Reply{421, "4.7.0", "one\ntwo"}},
      {"550 5.7.1 100%% sure\0"s, mail::Reply{550, "5.7.1", "100% sure"}},
      {"550 4.7.1 class differs\0"s, mail::Reply{550, "", "4.7.1 class differs"}},
      {"550 5.7.1 bell\a and \xe4\0"s, mail::Reply{550, "5.7.1", "bell? and ?"}},
      {"550 5.7.1 100% sure\0"s, std::nullopt},
      {"550 5.7.1 %\0"s, std::nullopt},
      {"250 2.0.0 fine\0"s, std::nullopt},
      {"650 what\0"s, std::nullopt},
      {"5x0 what\0"s, std::nullopt},
      {"55\0"s, std::nullopt},
      {"550no\0"s, std::nullopt},
      {"550-a\r\n551 b\0"s, std::nullopt},
      {"550 a\r\nRCPT TO:<x@y>\0"s, std::nullopt},
      {"550 a\0b\0"s, std::nullopt},
      {"550 no end", std::nullopt},
      {"", std::nullopt},
      {"550 " + std::string(1000, 'x') + '\0', std::nullopt},
  };
  for (const auto& one : cases) EXPECT_EQ(parse_reply(one.data), one.want) << one.data;
}

template <class T>
T as(char letter, const std::string& data, bool leading_space = false) {
  const auto change = parse_change(letter, data, leading_space);
  EXPECT_TRUE(change && std::holds_alternative<T>(*change)) << data;
  return change && std::holds_alternative<T>(*change) ? std::get<T>(*change) : T{};
}

TEST(ParseChange, KnowsEachChange) {
  EXPECT_EQ(as<AddField>('h', "X-A\0one\0"s).value, " one");
  EXPECT_EQ(as<AddField>('h', "X-A\0one\0"s, true).value, "one");
  const auto inserted = as<InsertField>('i', "\0\0\0\2X-A\0v\0"s);
  EXPECT_EQ(inserted.index, 2U);
  EXPECT_EQ(inserted.name, "X-A");
  EXPECT_EQ(as<ChangeField>('m', "\0\0\0\1X-A\0\0"s).value, "");
  EXPECT_EQ(as<ChangeSender>('e', "<a@b>\0"s).address, "<a@b>");
  EXPECT_EQ(as<ChangeSender>('e', "<a@b>\0SIZE=3\0"s).arguments, "SIZE=3");
  EXPECT_EQ(as<AddRecipient>('+', "a@b\0"s).address, "a@b");
  EXPECT_EQ(as<AddRecipient>('2', "a@b\0NOTIFY=NEVER\0"s).arguments, "NOTIFY=NEVER");
  EXPECT_EQ(as<DeleteRecipient>('-', "<a@b>\0"s).address, "<a@b>");
  EXPECT_EQ(as<ReplaceBody>('b', "any\0thing"s).octets, "any\0thing"s);
  EXPECT_EQ(as<Quarantine>('q', "why\0"s).reason, "why");
}

TEST(ParseChange, AFieldStaysOneField) {
  EXPECT_EQ(as<AddField>('h', "X\0a\n\tb\0"s).value, " a\n\tb");
  EXPECT_EQ(as<AddField>('h', "X\0a\r\nBcc: evil@x\r\n\r\nbody\0"s).value,
            " a\n\tBcc: evil@x\n\tbody");
  EXPECT_EQ(as<AddField>('h', "X\0a\n \n\n\0"s).value, " a");
  EXPECT_EQ(as<AddField>('h', "X\0a\rb\0"s).value, " a b");
}

TEST(ParseChange, RefusesWhatTheProtocolHasNot) {
  for (const auto& [letter, data] : std::vector<std::pair<char, std::string>>{
           {'h', ""},
           {'h', "X\0"s},
           {'h', "X\0v"s},
           {'h', "X\0v\0w\0"s},
           {'h', "\0v\0"s},
           {'h', "X Y\0v\0"s},
           {'h', "X:\0v\0"s},
           {'h', "X\r\nY\0v\0"s},
           {'i', "\0\0\0"s},
           {'i', "\0\0\0\1X\0"s},
           {'m', "X\0v\0"s},
           {'e', "\0"s},
           {'e', "a\0b\0c\0"s},
           {'+', "a\0b\0"s},
           {'+', "a"},
           {'-', ""},
           {'q', "no end"},
           {'z', "a\0"s},
       }) {
    EXPECT_FALSE(parse_change(letter, data, false)) << letter << data;
  }
}

}  // namespace
}  // namespace signet::milter
