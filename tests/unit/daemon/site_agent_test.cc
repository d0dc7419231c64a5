#include "daemon/site_agent.h"

#include <gtest/gtest.h>

#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

Result<agent::Identity> user_of_post(std::string_view user) {
  const auto config = config_of("#\nMpost, P=/bin/post, U=" + std::string(user) + ", A=post $u\n");
  return named_user(*config.mailer("post"));
}

TEST(UserOfAMailer, IsSomebodyButNeverRoot) {
  const auto by_number = user_of_post("1234:99");
  ASSERT_TRUE(by_number) << by_number.error().what;
  EXPECT_EQ(by_number->uid, 1234U);
  EXPECT_EQ(by_number->gid, 99U);
  for (const auto* root : {"root", "0:99"}) {
    const auto refused = user_of_post(root);
    ASSERT_FALSE(refused) << root;
    EXPECT_EQ(refused.error().what, "site.cf: line 2: mailer post: U=" + std::string(root) +
                                        ": programs are not run as root");
  }
  EXPECT_EQ(user_of_post("no-such-user").error().what,
            "site.cf: line 2: mailer post: U=no-such-user: no such user or group");
}

}  // namespace
}  // namespace signet::daemon
