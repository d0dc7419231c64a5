#include "signet/policy/receipts.h"

#include <gtest/gtest.h>

namespace signet::policy {
namespace {

using Members = std::vector<mail::Recipient>;
using RecipientKind = mail::Recipient::Kind;

mail::Recipient named(mail::Notify notify) {
  return {.address = "list@mx.test", .notify = notify, .original = "rfc822;o@x"};
}

TEST(HandDown, OneMemberTakesThePlace) {
  for (const auto notify : {mail::Notify{.success = true}, mail::Notify{.never = true}}) {
    Members members{{"a@b.test"}};
    EXPECT_EQ(hand_down(named(notify), members), std::nullopt);
    EXPECT_EQ(members.front().notify, notify);
    EXPECT_EQ(members.front().original, "rfc822;o@x");
  }
}

TEST(HandDown, SeveralReportTroubleAndTheAliasItsExpansion) {
  Members members{{"a@b.test"}, {"c"}};
  const auto alias = hand_down(named({.success = true, .failure = true}), members);
  ASSERT_TRUE(alias);
  EXPECT_EQ(alias->kind, RecipientKind::alias);
  EXPECT_EQ(alias->address, "list@mx.test");
  EXPECT_EQ(alias->owner, "");
  EXPECT_TRUE(alias->notify.success);
  for (const auto& member : members) {
    EXPECT_EQ(member.notify, mail::Notify{.failure = true});
    EXPECT_EQ(member.original, "rfc822;o@x");
  }
}

TEST(HandDown, WhoAskedForNothingOfTheKindHearsOfNoExpansion) {
  for (const auto notify : {mail::Notify{.never = true}, mail::Notify{.delay = true}}) {
    Members members{{"a@b.test"}, {"c"}};
    EXPECT_EQ(hand_down(named(notify), members), std::nullopt);
    EXPECT_EQ(members.back().notify, notify);
  }
}

TEST(HandDown, AnOwnerAnswersForHisList) {
  mail::Recipient member{"a@b.test"};
  member.owner = "own@mx.test";
  Members members{member};
  const auto alias = hand_down(named({.success = true}), members);
  ASSERT_TRUE(alias);
  EXPECT_EQ(alias->owner, "own@mx.test");
  EXPECT_EQ(members, Members{member});
}

}  // namespace
}  // namespace signet::policy
