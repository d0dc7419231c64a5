#include "signet/mail/header_section.h"

#include <gtest/gtest.h>

#include "signet/mail/header.h"
#include "signet/mail/header_break.h"

namespace signet::mail {
namespace {

constexpr std::uint64_t kSectionLimit = 4096;

TEST(HeaderSection, PartsHeaderAndBody) {
  struct Case {
    std::string content;
    std::string header;  // written again
    std::string body;
    std::size_t fields;
  };
  const std::vector<Case> cases{
      {"A: b\r\nC : d\r\n\te\r\n f\r\n\r\nbody\r\n\r\nmore\r\n", "A: b\r\nC : d\r\n\te\r\n f\r\n",
       "body\r\n\r\nmore\r\n", 2},
      {"\r\nbody\r\n", "", "body\r\n", 0},
      {"no header\r\nbody\r\n", "", "no header\r\nbody\r\n", 0},
      {" blank first\r\nA: b\r\n", "", " blank first\r\nA: b\r\n", 0},
      {"A: b\r\nno field\r\nC: d\r\n", "A: b\r\n", "no field\r\nC: d\r\n", 1},
      {"A: b\r\n", "A: b\r\n", "", 1},
      {"A:\r\n\r\n", "A:\r\n", "", 1},
      {"", "", "", 0},
      {std::string(1500, 'n') + ": v\r\nA: b\r\n\r\n", std::string(1500, 'n') + ": v\r\nA: b\r\n",
       "", 2},
  };
  for (const auto& one : cases) {
    for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
      HeaderSection section(kSectionLimit);
      std::string body;
      for (std::size_t at = 0; at < one.content.size(); at += cut) {
        const auto piece = std::string_view(one.content).substr(at, cut);
        if (section.complete()) {
          body += piece;
        } else {
          section.on_content(piece, body);
        }
      }
      section.on_end(body);
      EXPECT_TRUE(section.complete());
      std::string header;
      const auto fields = section.take_fields();
      for (const auto& field : fields) header += field.text();
      EXPECT_EQ(header, one.header) << one.content << cut;
      EXPECT_EQ(body, one.body) << one.content << cut;
      EXPECT_EQ(fields.size(), one.fields);
    }
  }
}

// It keeps all, and the scan keeps little: they must not differ about what is header.
TEST(HeaderSection, EndsWhereTheScanEnds) {
  const std::string long_name(1000, 'n');
  const std::vector<std::string> lines{
      "A: b",
      "no field",
      " fold",
      ": nameless",
      long_name.substr(1) + ":",
      long_name,
      long_name + ": v",
      long_name + "n: v",
      long_name + " n: v",
      long_name.substr(1) + " n: v",
      long_name.substr(1) + "\rn: v",
      "A" + std::string(2000, ' ') + ": v",
      "A:" + std::string(3000, 'v'),
      std::string(5000, 'n') + ": v",
  };
  for (const auto& line : lines) {
    const std::string before = "Subject: s\r\n" + line + "\r\n";
    const std::string content = before + "Date: now\r\n\r\nbody\r\n";
    for (const std::size_t cut : {std::size_t{1}, std::size_t{999}, content.size()}) {
      HeaderScan scan(kSectionLimit);
      HeaderSection section(kSectionLimit);
      HeaderBreak breaking;
      std::string body;
      std::string broken;
      for (std::size_t at = 0; at < content.size(); at += cut) {
        const auto piece = std::string_view(content).substr(at, cut);
        scan.on_content(piece);
        if (section.complete()) {
          body += piece;
        } else {
          section.on_content(piece, body);
        }
        if (breaking.complete()) {
          broken += piece;
        } else {
          breaking.on_content(piece, broken);
        }
        EXPECT_EQ(section.complete(), scan.complete()) << line.size() << " " << cut << " " << at;
        EXPECT_EQ(section.too_large(), scan.too_large()) << line.size() << " " << cut << " " << at;
      }
      scan.on_end();
      section.on_end(body);
      breaking.on_end(broken);
      EXPECT_EQ(section.complete(), scan.complete()) << line.size() << " " << cut;
      // Where no limit comes in between, the parts make up the whole.
      if (section.too_large()) continue;
      std::string whole;
      for (const auto& field : section.take_fields()) whole += field.text();
      EXPECT_EQ(broken, whole + "\r\n" + body) << line.size() << " " << cut;
    }
  }
}

TEST(HeaderBreak, PutsAnEmptyLineWhereNoneIs) {
  const std::pair<std::string, std::string> cases[] = {
      {"A: b\r\n\r\nbody\r\n", "A: b\r\n\r\nbody\r\n"},
      {"A: b\r\n c\r\nno field\r\nC: d\r\n\r\nx\r\n",
       "A: b\r\n c\r\n\r\nno field\r\nC: d\r\n\r\nx\r\n"},
      {" fold\r\nC: d\r\n", "\r\n fold\r\nC: d\r\n"},
      {"no field\r\n", "\r\nno field\r\n"},
      {"A: b\r\n", "A: b\r\n\r\n"},
      {"\r\nbody\r\n", "\r\nbody\r\n"},
      {"", "\r\n"},
  };
  for (const auto& [content, want] : cases) {
    for (std::size_t cut = 1; cut <= content.size() + 1; ++cut) {
      HeaderBreak breaking;
      std::string got;
      for (std::size_t at = 0; at < content.size(); at += cut) {
        const auto piece = std::string_view(content).substr(at, cut);
        if (breaking.complete()) {
          got += piece;
        } else {
          breaking.on_content(piece, got);
        }
      }
      breaking.on_end(got);
      EXPECT_EQ(got, want) << cut;
    }
  }
}

TEST(HeaderSection, KeepsNoMoreThanItsLimits) {
  std::string body;
  HeaderSection exact(10);
  exact.on_content("A: b\r\nC:\r\n", body);
  EXPECT_FALSE(exact.too_large());
  exact.on_content("\r", body);
  EXPECT_TRUE(exact.too_large());
  exact.on_end(body);
  EXPECT_FALSE(exact.complete());

  HeaderSection many(1 << 20);
  for (std::size_t i = 0; i < HeaderSection::kMostFields; ++i) many.on_content("a:\r\n", body);
  EXPECT_FALSE(many.too_large());
  many.on_content("a:\r\nb:\r\n", body);
  EXPECT_TRUE(many.too_large());
  EXPECT_EQ(many.take_fields().size(), HeaderSection::kMostFields);
  EXPECT_EQ(body, "");
}

}  // namespace
}  // namespace signet::mail
