#include "daemon/pseudo_domains.h"

#include <gtest/gtest.h>

#include "support/fake_table.h"

namespace signet::daemon {
namespace {

std::string found(const table::Table& table, std::string_view key) {
  const auto answer = table.find(key);
  return answer ? answer->value_or("-") : "!" + answer.error().what;
}

// NoWaiting notes the tables inside, which are the ones that wait.
TEST(PseudoDomains, AskTheMapOfTheirNetwork) {
  const auto bitnet = std::make_shared<test::FakeTable>();
  const auto uucp = std::make_shared<test::FakeTable>();
  const auto domains = std::make_shared<test::FakeTable>();
  bitnet->set("host", "host.edu.test");
  uucp->set("host", "host.uu.test");
  domains->set("host", "no");
  domains->set("old.test", "new.test");
  domains->set("other.bitnet", "other.test");
  EXPECT_EQ(join_domains({}), nullptr);
  EXPECT_EQ(join_domains({nullptr, nullptr, domains}), domains);
  const auto all = join_domains({bitnet, uucp, domains});
  EXPECT_EQ(found(*all, "host.bitnet"), "host.edu.test");
  EXPECT_EQ(found(*all, "host.BITNET"), "host.edu.test");
  EXPECT_EQ(found(*all, "host.uucp"), "host.uu.test");
  EXPECT_EQ(found(*all, "other.bitnet"), "other.test");  // domaintable has the last word
  EXPECT_EQ(found(*all, "none.uucp"), "-");
  EXPECT_EQ(found(*all, "old.test"), "new.test");
  EXPECT_EQ(found(*all, ".bitnet"), "-");
  EXPECT_EQ(found(*join_domains({bitnet, nullptr, nullptr}), "old.test"), "-");
  bitnet->fail();
  EXPECT_EQ(found(*all, "host.bitnet").front(), '!');
  EXPECT_EQ(found(*all, "host.uucp"), "host.uu.test");
}

}  // namespace
}  // namespace signet::daemon
