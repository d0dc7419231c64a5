#include "signet/mail/reply.h"

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

TEST(Reply, IsSentAsOneOrMoreLines) {
  struct Case {
    Reply reply;
    const char* wire;
    const char* line;
  };
  for (const auto& c : {
           Case{{250, "2.0.0", "OK"}, "250 2.0.0 OK\r\n", "250 2.0.0 OK"},
           Case{{354, "", "End data"}, "354 End data\r\n", "354 End data"},
           Case{{250, "", "mx Hello\nSIZE\nHELP"},
                "250-mx Hello\r\n250-SIZE\r\n250 HELP\r\n",
                "250 mx Hello SIZE HELP"},
           Case{{550, "5.7.1", "no\nnever"},
                "550-5.7.1 no\r\n550 5.7.1 never\r\n",
                "550 5.7.1 no never"},
           Case{{250, "2.1.0", ""}, "250 2.1.0\r\n", "250 2.1.0"},
           Case{{334, "", ""}, "334 \r\n", "334"},
       }) {
    EXPECT_EQ(c.reply.wire(), c.wire);
    EXPECT_EQ(c.reply.line(), c.line);
  }
}

TEST(Reply, ForeignTextCannotEndTheLine) {
  const Reply reply{550, "5.1.1", std::string("a\rb\0c\x7f", 6)};
  EXPECT_EQ(reply.wire(), "550 5.1.1 a?b?c?\r\n");
  EXPECT_LT((Reply{550, "5.1.1", std::string(100'000, 'x')}.wire().size()), 2100U);
}

TEST(Reply, KnowsItsClass) {
  EXPECT_TRUE((Reply{354, "", ""}.positive()));
  EXPECT_TRUE((Reply{421, "", ""}.temporary()));
  EXPECT_TRUE((Reply{554, "", ""}.permanent()));
  EXPECT_FALSE((Reply{421, "", ""}.permanent()));
}

TEST(WithAddress, NamesTheAddressOnlyForTheCodesThatSendmailDoesItFor) {
  for (const int code : {50, 250, 252, 450, 550, 553}) {
    EXPECT_EQ(with_address(code, "<x@y>", "User unknown"), "<x@y>... User unknown") << code;
  }
  for (const int code : {220, 354, 421, 451, 452, 500, 501, 503, 552, 554}) {
    EXPECT_EQ(with_address(code, "<x@y>", "no"), "no") << code;
  }
  EXPECT_EQ(with_address(250, "u@x", "Recipient ok"), "u@x... Recipient ok");
}

TEST(Reply, SoftenedRefusesForNow) {
  EXPECT_EQ((Reply{550, "5.7.1", "no"}).softened(), (Reply{450, "4.7.1", "no"}));
  EXPECT_EQ((Reply{500, "", "what"}).softened(), (Reply{400, "", "what"}));
  EXPECT_EQ((Reply{451, "4.3.0", "later"}).softened(), (Reply{451, "4.3.0", "later"}));
  EXPECT_EQ((Reply{250, "2.1.0", "yes"}).softened(), (Reply{250, "2.1.0", "yes"}));
}

}  // namespace
}  // namespace signet::mail
