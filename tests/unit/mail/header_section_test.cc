#include "signet/mail/header_section.h"

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

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
  };
  for (const auto& one : cases) {
    for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
      HeaderSection section;
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

}  // namespace
}  // namespace signet::mail
