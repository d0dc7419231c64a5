#include "signet/mail/field_reader.h"

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

// "name=value|name=value|", read in pieces of `length`.
std::string fields_of(std::string_view content, std::size_t length) {
  std::string all;
  FieldReader reader([&](std::string_view name, std::string_view value) {
    all += std::string(name) + "=" + std::string(value) + "|";
  });
  for (; !content.empty(); content.remove_prefix(std::min(length, content.size()))) {
    reader.on_content(content.substr(0, length));
  }
  reader.on_end();
  EXPECT_TRUE(reader.complete());
  return all;
}

TEST(FieldReaderTest, GivesEachFieldAsOneLine) {
  const struct {
    std::string_view content;
    std::string_view want;
  } cases[] = {
      {"", ""},
      {"A: b", "A=b|"},
      {"Subject: one\r\n\ttwo\r\n   \r\n three\r\nTo: x\r\n\r\nB: body\r\n",
       "Subject=one two three|To=x|"},
      {"A:\r\n b\r\n", "A=b|"},
      {"A :b\nC: d \n\n", "A=b|C=d|"},
      {" no fold\r\nA: b\r\n", ""},
      {"A: b\r\nno field\r\nC: d\r\n\r\nE: f\r\n", "A=b|C=d|"},
      {"\r\nA: b\r\n", ""},
  };
  for (const auto& one : cases) {
    for (const std::size_t length : {1u, 2u, 7u, 1000u}) {
      EXPECT_EQ(fields_of(one.content, length), one.want) << one.content;
    }
  }
}

TEST(FieldReaderTest, KeepsABoundedPartOfAValue) {
  const std::string line(20000, 'x');
  EXPECT_EQ(fields_of("A: " + line + "\r\nB: c\r\n", 100),
            "A=" + line.substr(0, FieldReader::kMostOfValue) + "|B=c|");
  std::string folded = "A: x\r\n";
  for (int i = 0; i < 100; ++i) folded += " " + std::string(500, 'y') + "\r\n";
  EXPECT_LE(fields_of(folded, 4096).size(), FieldReader::kMostOfValue + 4);
}

}  // namespace
}  // namespace signet::mail
