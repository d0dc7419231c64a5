// Maps that are no file: expressions, sequences, nothing. The answers of expressions are those of
// sendmail 8.17's `/map`.
#include <gtest/gtest.h>

#include "signet/db/map.h"
#include "signet/table/table.h"
#include "support/temporary_directory.h"

namespace signet::table {
namespace {

std::string asked(const Spec& spec, std::string_view key) {
  const auto table = open_table(spec);
  if (!table) return "!" + table.error().what;
  const auto found = (*table)->find(key);
  if (!found) return "!" + found.error().what;
  return found->value_or("-");
}

Spec regex(std::string_view expression, Spec::Regex how, std::string_view append = {}) {
  Spec spec{.type = "regex", .file = std::string(expression), .append = std::string(append)};
  spec.regex = std::move(how);
  return spec;
}

TEST(RegexTable, AnswersAsSendmails) {
  const std::string pair = "([a-z]+)@([a-z]+)";
  const struct {
    Spec spec;
    std::string_view key;
    std::string_view want;
  } cases[] = {
      {regex(pair, {.takes_parts = true}), "joe@foo", "joe@foo$|joe$|foo"},
      {regex(pair, {.takes_parts = true, .parts = {1}}), "joe@foo", "joe"},
      {regex(pair, {.takes_parts = true, .parts = {2, 1}, .joint = ""}), "joe@foo", "foojoe"},
      {regex(pair, {.takes_parts = true, .parts = {1, 2}, .joint = ":"}, "X"), "JOE@foo",
       "JOE:fooX"},
      {regex("spam|ham", {}, "FOUND"), "xspamx", "FOUND"},
      {regex("spam|ham", {}, "FOUND"), "SPAM", "FOUND"},
      {regex("spam|ham", {}, "FOUND"), "no", "-"},
      {regex("spam", {.no_match = true}, "NOT"), "spam", "-"},
      {regex("spam", {.no_match = true}, "NOT"), "no", "NOT"},
      {regex("a\\{2\\}", {.basic = true}, "B"), "xaax", "B"},
      {regex("x$", {}, "D"), "axx", "D"},
      {regex("(a)|(b)", {.takes_parts = true, .parts = {1, 2}, .joint = "-"}), "b", "-b"},
      {regex("(", {}), "b", "!regex (: Unmatched ( or \\("},
      {regex("(a)", {.takes_parts = true, .parts = {2}}), "b", "!regex (a): it has only 1 parts"},
  };
  for (const auto& one : cases) EXPECT_EQ(asked(one.spec, one.key), one.want) << one.spec.file;

  Spec exact = regex("spam", {}, "F");
  exact.keep_case = true;
  EXPECT_EQ(asked(exact, "SPAM"), "-");
  Spec match = regex("spam", {}, "M");
  match.match_only = true;
  EXPECT_EQ(asked(match, "xspam"), "xspamM");
  EXPECT_EQ(asked(regex("x", {}, "F"), std::string(5000, 'x')).front(), '!');
}

TEST(NullTable, HoldsNothing) { EXPECT_EQ(asked({.type = "null"}, "a"), "-"); }

TEST(SequenceTable, AsksOneBehindAnother) {
  const test::TemporaryDirectory folder;
  folder.write("one", "a 1\n10.0.0.0/9 x\n");
  folder.write("two", "a 2\nb 2\nconnect:ipv6:2001:db8::/33 x\nnot/7 x\n");
  Spec both{.type = "sequence"};
  both.maps = {{.type = "text", .file = folder / "one"},
               {.type = "text", .file = folder / "two"},
               regex("^c", {}, "3")};
  EXPECT_EQ(asked(both, "a"), "1");
  EXPECT_EQ(asked(both, "b"), "2");
  EXPECT_EQ(asked(both, "c"), "3");
  EXPECT_EQ(asked(both, "d"), "-");
  const auto networks = (*open_table(both))->networks();
  EXPECT_EQ(networks.v4.count() + networks.v6.count(), 2U);
  EXPECT_TRUE(networks.v4[9] && networks.v6[33]);
  both.maps.push_back({.type = "text", .file = folder / "none"});
  EXPECT_EQ(asked(both, "a").front(), '!');
}

TEST(Table, KnowsTheNetworksOfABerkeleyDbFile) {
  const test::TemporaryDirectory folder;
  for (const auto kind : {db::Kind::hash, db::Kind::btree}) {
    const std::string name = kind == db::Kind::hash ? "hash" : "btree";
    for (const bool with_nul : {false, true}) {
      auto builder =
          db::Builder::create(folder / (name + ".db"), {.kind = kind, .with_nul = with_nul});
      ASSERT_TRUE(builder);
      ASSERT_TRUE((*builder)->add("connect:10.0.0.0/9", "x"));
      ASSERT_TRUE((*builder)->add("certissuer:/c=de/9", "x"));
      ASSERT_TRUE((*builder)->finish());
      const auto table = open_table({.type = name, .file = folder / name});
      ASSERT_TRUE(table);
      EXPECT_TRUE((*table)->networks().v4[9]);
      EXPECT_EQ((*table)->networks().v4.count(), 1U);
    }
  }
}

}  // namespace
}  // namespace signet::table
