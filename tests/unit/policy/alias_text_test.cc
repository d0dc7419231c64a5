#include "signet/policy/alias_text.h"

#include <gtest/gtest.h>

namespace signet::policy {
namespace {

using enum AliasMember::Kind;

bool is_ours(std::string_view domain) { return domain == "us.test"; }

TEST(AliasText, ReadsEntriesWithTheirLines) {
  const auto text = parse_alias_text(
      "# all\npostmaster: root\nRoot:\talice,\n   bob\n\"a: b\": carol\nMAILER-DAEMON: postmaster  "
      "\n"
      "prog: \"|/bin/x: y\"\r\n",
      is_ours);
  ASSERT_TRUE(text.faults.empty()) << text.faults.front().what;
  ASSERT_EQ(text.entries.size(), 5U);
  EXPECT_EQ(text.entries[1].name, "root");
  EXPECT_EQ(text.entries[1].value, "alice,   bob");
  EXPECT_EQ(text.entries[1].line, 3U);
  EXPECT_EQ(text.entries[2].name, "\"a: b\"");
  EXPECT_EQ(text.entries[3].name, "mailer-daemon");
  EXPECT_EQ(text.entries[3].value, "postmaster  ");  // as sendmail stores it
  EXPECT_EQ(text.entries[4].value, "\"|/bin/x: y\"");
}

// As sendmail makes its keys.
TEST(AliasText, NamesHaveNoDomainAndNoNeedlessQuotes) {
  const auto text = parse_alias_text(
      "A@us.test: x\nb+c@US.Test.: x\n\"d e\"@us.test: x\n\"F\": x\n\"g.h\": x\n\"i@j\": x\n",
      is_ours);
  ASSERT_TRUE(text.faults.empty()) << text.faults.front().what;
  std::vector<std::string> names;
  for (const auto& entry : text.entries) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b+c", "\"d e\"", "f", "g.h", "\"i@j\""}));
}

TEST(AliasText, NamesFaultyLines) {
  const struct {
    std::string_view text;
    std::size_t line;
    std::string_view what;
  } cases[] = {
      {"a: b\nnocolon\n  more\n", 2, "missing colon"},
      {"\nx:\n", 2, "x:... missing value for alias"},
      {"  a: b\n", 1, "Non-continuation line starts with space"},
      {"a@far.test: b\n", 1, "a@far.test... cannot alias non-local names"},
      {": b\n", 1, "illegal alias name"},
  };
  for (const auto& one : cases) {
    const auto parsed = parse_alias_text(one.text, is_ours);
    ASSERT_EQ(parsed.faults.size(), 1U) << one.text;
    EXPECT_EQ(parsed.faults[0].line, one.line) << one.text;
    EXPECT_EQ(parsed.faults[0].what, one.what);
  }
}

TEST(AliasMembers, OfEachKind) {
  const struct {
    std::string_view value;
    std::vector<AliasMember> want;
  } cases[] = {
      {"bob", {{address, "bob"}}},
      {" bob,alice , c@d.test,", {{address, "bob"}, {address, "alice"}, {address, "c@d.test"}}},
      {"\\bob", {{final, "bob"}}},
      {"\"|/bin/x a, b\", bob", {{program, "/bin/x a, b"}, {address, "bob"}}},
      {"|/bin/x (y), bob", {{program, "/bin/x (y)"}, {address, "bob"}}},
      {"/var/log/mail", {{file, "/var/log/mail"}}},
      {"\"/var/a b\"", {{file, "/var/a b"}}},
      {":include:/etc/list", {{include, "/etc/list"}}},
      {"\":Include: /etc/list\"", {{include, "/etc/list"}}},
      {"Bob B <bob@d.test>, a (Al, B)", {{address, "bob@d.test"}, {address, "a"}}},
      {"\"a,b\"@d.test", {{address, "\"a,b\"@d.test"}}},
  };
  for (const auto& one : cases) {
    const auto members = parse_alias_members(one.value);
    ASSERT_TRUE(members.has_value()) << one.value << ": " << members.error();
    EXPECT_EQ(*members, one.want) << one.value;
  }
}

TEST(MemberText, IsReadLineByLine) {
  const auto read = parse_member_text("# first\n\nbob, \\al\r\n \"|x\"\n(open\n/dev/null");
  const std::vector<AliasMember> want = {
      {address, "bob"}, {final, "al"}, {program, "x"}, {file, "/dev/null"}};
  EXPECT_EQ(read.members, want);
  ASSERT_EQ(read.faults.size(), 1U);
  EXPECT_EQ(read.faults[0].line, 5U);
}

TEST(MemberText, IsReadNoFurtherThanAsked) {
  EXPECT_EQ(parse_member_text("a,,b , c\nd\ne", 4).members.size(), 4U);
  EXPECT_EQ(parse_member_text(", ,a,b\nc", 1).members, (std::vector<AliasMember>{{address, "a"}}));
  std::string bad;
  for (int i = 0; i < 1000; ++i) bad += "(\n";
  EXPECT_EQ(parse_member_text(bad).faults.size(), 10U);
}

// Each octet is looked at once: else this takes minutes.
TEST(MemberText, MayHaveAnyNumberOfBlanks) {
  const std::string blanks(1024 * 1024, ' ');
  EXPECT_EQ(parse_member_text(blanks + "a" + blanks + "," + blanks + "|b").members,
            (std::vector<AliasMember>{{address, "a"}, {program, "b"}}));
}

TEST(AliasMembers, RefusesWhatIsNoList) {
  for (const auto* value : {"", " , ", "\"bob", "bob (", "bob)", "<bob", ":include:list", "@x"}) {
    EXPECT_FALSE(parse_alias_members(value).has_value()) << value;
  }
}

}  // namespace
}  // namespace signet::policy
