#include "signet/mail/address.h"

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

TEST(Address, SplitsAtTheLastAtSignOutsideQuotes) {
  struct Case {
    const char* text;
    const char* local;
    const char* domain;
  };
  for (const auto& c : {
           Case{"u@example.org", "u", "example.org"},
           Case{"U.V+tag@Example.ORG.", "U.V+tag", "Example.ORG."},
           Case{"\"a@b\"@example.org", "\"a@b\"", "example.org"},
           Case{"\"a\\\"@b\"@example.org", "\"a\\\"@b\"", "example.org"},
           Case{"\"a b\"@example.org", "\"a b\"", "example.org"},
           Case{"\"<x>\"@example.org", "\"<x>\"", "example.org"},
           Case{"a\\@b@example.org", "a\\@b", "example.org"},
           Case{"a@b@example.org", "a@b", "example.org"},
           Case{"u@[192.0.2.1]", "u", "[192.0.2.1]"},
           Case{"u@[IPv6:2001:db8::5]", "u", "[IPv6:2001:db8::5]"},
           Case{"postmaster", "postmaster", ""},
           Case{"|/bin/true", "|/bin/true", ""},
           Case{"gr\xc3\xbcn@example.org", "gr\xc3\xbcn", "example.org"},
       }) {
    const auto address = parse_address(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->local, c.local) << c.text;
    EXPECT_EQ(address->domain, c.domain) << c.text;
    EXPECT_EQ(address->text(), c.text);
  }
}

TEST(Address, RefusesWhatCannotBeAnAddress) {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv, "@"sv, "@example.org"sv, "u@"sv, "\"u@example.org"sv, "u\"@example.org"sv,
        "u\r\n@example.org"sv, "u\0@example.org"sv, "u@exa\x7fmple.org"sv, "\"u\nv\"@example.org"sv,
        "u\\"sv, "u\\\n@x"sv, "u v@example.org"sv, "u@exam ple.org"sv, "<u@example.org>"sv,
        "u@example.org>"sv, "u@\"example.org\""sv, "u@exa\\mple.org"sv}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

TEST(Address, DomainKeyIsLowerCaseWithoutTrailingDot) {
  EXPECT_EQ((Address{"u", "Example.ORG."}.domain_key()), "example.org");
  EXPECT_EQ((Address{"u", ""}.domain_key()), "");
}

TEST(Address, ADetailBeginsAtTheFirstPlusOutsideQuotes) {
  constexpr std::string_view kNone = "none";
  const struct {
    std::string_view local;
    std::string_view user;
    std::string_view detail;
  } cases[] = {
      {"joe+lists", "joe", "lists"},
      {"joe+a+b", "joe", "a+b"},
      {"joe", "joe", kNone},
      {"", "", kNone},
      {"joe+", "joe", ""},  // a detail, though an empty one
      {"+x", "+x", kNone},
      {"+", "+", kNone},
      {"+x+y", "+x", "y"},
      {"++x", "+", "x"},
      {"-+x", "-", "x"},
      {R"("a+b")", R"("a+b")", kNone},
      {R"("a b"+x)", R"("a b")", "x"},
      {R"("a+b"+x)", R"("a+b")", "x"},
      {R"("+"+x)", R"("+")", "x"},
      {R"(a"+b"c+x)", R"(a"+b"c)", "x"},
      {R"("a\"+b")", R"("a\"+b")", kNone},
      {R"("a\\"+b)", R"("a\\")", "b"},
      {R"(a\+b+c)", R"(a\+b)", "c"},
      {R"(\joe+x)", R"(\joe)", "x"},
      {R"(joe+"x+y")", "joe", R"("x+y")"},
      {R"(joe\)", R"(joe\)", kNone},
      {R"("joe+x)", R"("joe+x)", kNone},
  };
  for (const auto& one : cases) {
    const auto split = split_detail(one.local);
    EXPECT_EQ(split.user, one.user) << one.local;
    EXPECT_EQ(split.detail.value_or(kNone), one.detail) << one.local;
  }
}

TEST(Address, LosesQuotesThatItDoesNotNeed) {
  const struct {
    std::string_view given;
    std::string_view plain;
  } cases[] = {
      {R"("joe"@a.test)", "joe@a.test"},
      {R"("j\oe"@a.test)", "joe@a.test"},
      {R"("Joe.X+y"@A.test)", "Joe.X+y@A.test"},
      {R"("joe")", "joe"},
      {R"("a b"@a.test)", R"("a b"@a.test)"},
      {R"("a@b"@a.test)", R"("a@b"@a.test)"},
      {R"("a\"b"@a.test)", R"("a\"b"@a.test)"},
      {R"(""@a.test)", R"(""@a.test)"},
      {R"("a"."b"@a.test)", R"("a"."b"@a.test)"},
      {R"("a)", R"("a)"},
      {"joe@a.test", "joe@a.test"},
      {"", ""},
  };
  for (const auto& one : cases) EXPECT_EQ(plain_address(one.given), one.plain) << one.given;
}

TEST(Address, HugeInputIsReadInOnePass) {
  EXPECT_TRUE(parse_address(std::string(1'000'000, 'a') + "@example.org"));
  EXPECT_FALSE(parse_address(std::string(1'000'001, '"')));
  EXPECT_TRUE(parse_address("u" + std::string(1'000'000, '@') + "x"));
}

}  // namespace
}  // namespace signet::mail
