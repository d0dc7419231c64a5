#include "signet/table/map_source.h"

#include <gtest/gtest.h>

namespace signet::table {
namespace {

// "key|value", "-" for a line without content, "!why" for a bad one.
std::string shown(const SourceLine& line) {
  if (const auto* pair = std::get_if<Pair>(&line)) return pair->key + "|" + pair->value;
  if (const auto* bad = std::get_if<BadLine>(&line)) return "!" + bad->why;
  return "-";
}

TEST(MapSource, ReadsLinesAsMakemapDoes) {
  const struct {
    std::string line;
    std::string want;
  } cases[] = {
      {"", "-"},
      {"# comment", "-"},
      {"a x", "a|x"},
      {"Connect:192.0.2.1\t\t REJECT", "connect:192.0.2.1|REJECT"},
      {"From:x 550 5.7.1 Not  here ", "from:x|550 5.7.1 Not  here "},
      {"a x # not a comment", "a|x # not a comment"},
      {"a#b c", "a#b|c"},
      {"a\vb", "a|b"},
      {"cr v\r", "cr|v\r"},
      {"\"quo ted\" v", "\"quo|ted\" v"},
      {"k\\\"x v", "k\\\"x|v"},
      {std::string("a x\0y", 5), "!NUL byte: this is no text"},
      {" a x", "!syntax error (leading space)"},
      {"\t", "!syntax error (leading space)"},
      {" # comment", "!syntax error (leading space)"},
      {"empty", "!no RHS for LHS empty"},
      {"Empty \t", "!no RHS for LHS Empty"},
      {"\xc4"
       "A x",
       "\xc4"
       "a|x"},
      {"k " + std::string(1022, 'v'), "k|" + std::string(1022, 'v')},
      {"k " + std::string(1023, 'v'), "!line too long (1024 bytes max)"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(shown(parse_source_line(one.line, {})), one.want) << one.line;
  }
}

TEST(MapSource, TakesAnotherDelimiter) {
  const SourceOptions colon{.delimiter = ":"};
  const struct {
    const char* line;
    const char* want;
  } cases[] = {
      {"a:1", "a|1"},   {"b:2:3", "b|2:3"}, {"a::b", "a|b"},    {":2", "|2"},
      {" d:4", " d|4"}, {"b: 3 ", "b| 3 "}, {"a b:c", "a b|c"}, {"c", "!no RHS for LHS c"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(shown(parse_source_line(one.line, colon)), one.want) << one.line;
  }
}

TEST(MapSource, ObeysItsOptions) {
  EXPECT_EQ(shown(parse_source_line("Key Value", {.keep_case = true})), "Key|Value");
  EXPECT_EQ(shown(parse_source_line("key", {.allow_empty_value = true})), "key|");
  EXPECT_EQ(shown(parse_source_line("key ", {.allow_empty_value = true})), "key|");
  EXPECT_EQ(shown(parse_source_line("; key", {.comment = ';'})), "-");
  EXPECT_EQ(shown(parse_source_line("#key x", {.comment = ';'})), "#key|x");
}

}  // namespace
}  // namespace signet::table
