#include "signet/base/text.h"

#include <gtest/gtest.h>

namespace signet {
namespace {

struct Taken {
  std::string_view name;
  std::string_view rest;
  friend bool operator==(const Taken&, const Taken&) = default;
};

Taken taken_from(std::string_view text) {
  const auto name = take_macro_name(text);
  return {name, text};
}

TEST(TakeMacroName, IsOneCharacterOrStandsInBraces) {
  EXPECT_EQ(taken_from("jrest"), (Taken{"j", "rest"}));
  EXPECT_EQ(taken_from("{client_addr}rest"), (Taken{"client_addr", "rest"}));
  EXPECT_EQ(taken_from("{j}"), (Taken{"j", ""}));
}

TEST(TakeMacroName, LeavesWhatIsNoName) {
  EXPECT_EQ(taken_from(""), (Taken{"", ""}));
  EXPECT_EQ(taken_from("{client_addr"), (Taken{"", "{client_addr"}));
}

TEST(Words, HaveNoEmptyPieces) {
  EXPECT_EQ(words("  a\t b "), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(words(" \t").empty());
}

TEST(Split, KeepsEmptyPieces) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
}

TEST(Printable, EscapesWhatIsNoPrintableAscii) {
  EXPECT_EQ(printable("a\r\nb\x80"), "a\\015\\012b\\200");
  EXPECT_EQ(printable("abcdef", 3).size(), 3U);
}

TEST(Xtext, ComesBackAsItWas) {
  const std::string raw = "A+B (x) <y>";
  EXPECT_EQ(xtext_decode(xtext_encode(raw)), raw);
  EXPECT_EQ(xtext_decode("+G0"), std::nullopt);
  EXPECT_EQ(xtext_decode("+4"), std::nullopt);
}

TEST(Base64, IsStrict) {
  EXPECT_EQ(base64_decode("YWI="), "ab");
  EXPECT_EQ(base64_decode("YWI"), std::nullopt);
  EXPECT_EQ(base64_decode("YW I="), std::nullopt);
}

TEST(ParseNumber, TakesTheWholeText) {
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parse_number("18446744073709551616"), std::nullopt);
  for (const auto* junk : {"", "+1", "-1", " 1", "1x"}) EXPECT_EQ(parse_number(junk), std::nullopt);
}

}  // namespace
}  // namespace signet
