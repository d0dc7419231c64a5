#include "signet/mail/notify.h"

#include <gtest/gtest.h>

namespace signet::mail {
namespace {

TEST(Notify, IsTheSameBehindItsText) {
  for (int bits = 0; bits < 8; ++bits) {
    const Notify notify{
        .success = (bits & 1) != 0, .failure = (bits & 2) != 0, .delay = (bits & 4) != 0};
    EXPECT_EQ(parse_notify(to_text(notify)).value_or(Notify{}), notify);
  }
  EXPECT_EQ(parse_notify("never"), Notify{.never = true});
  EXPECT_EQ(to_text(Notify{}), "");
}

TEST(Notify, NamesTheWordThatIsWrong) {
  for (const auto& [text, word] :
       {std::pair("", ""), std::pair("SUCCESS,FOO", "FOO"), std::pair("NEVER,DELAY", "NEVER"),
        std::pair("DELAY,", ""), std::pair("DELAY ", "DELAY ")}) {
    const auto notify = parse_notify(text);
    ASSERT_FALSE(notify) << text;
    EXPECT_EQ(notify.error(), word);
  }
}

TEST(Notify, WithoutAWordHearsOfTrouble) {
  EXPECT_TRUE(Notify{}.of_failure() && Notify{}.of_delay());
  const Notify never{.never = true};
  EXPECT_FALSE(never.of_failure() || never.of_delay());
  const Notify success{.success = true};
  EXPECT_FALSE(success.of_failure() || success.of_delay());
}

TEST(Notify, OfMembersReportsNoSuccess) {
  EXPECT_EQ(Notify{}.without_success(), Notify{});
  EXPECT_EQ(Notify{.success = true}.without_success(), Notify{.never = true});
  EXPECT_EQ((Notify{.success = true, .delay = true}.without_success()), Notify{.delay = true});
  EXPECT_EQ(Notify{.never = true}.without_success(), Notify{.never = true});
}

TEST(OriginalRecipient, HasATypeAndXtext) {
  for (const auto* good : {"rfc822;", "rfc822;a@b", "x400;+2Fa", "X-LOCAL;u"}) {
    EXPECT_TRUE(is_original_recipient(good)) << good;
  }
  for (const auto* bad : {"", "foo", ";x", "rf c;x", "r(c;x", "a.b;x", "rfc822;a=b", "rfc822;a+4",
                          "rfc822;a b", "rfc822;\xc3\xa9"}) {
    EXPECT_FALSE(is_original_recipient(bad)) << bad;
  }
}

}  // namespace
}  // namespace signet::mail
