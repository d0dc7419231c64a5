// Maps of type dns, with a function in the place of DNS.
#include <cerrno>

#include <gtest/gtest.h>

#include "signet/table/no_waiting.h"
#include "signet/table/table.h"

namespace signet::table {
namespace {

class DnsMap : public testing::Test {
 protected:
  DnsMap() {
    upkeep_.ask_dns = [this](const DnsQuestion& question) -> Result<std::vector<std::string>> {
      asked_.push_back(question.type + " " + question.name + " " +
                       std::to_string(question.patience.count()));
      if (question.name.starts_with("bad")) return temporary("SERVFAIL");
      if (question.name.starts_with("none")) return std::vector<std::string>();
      return std::vector<std::string>{"one", "two", std::string(3000, 'x'), std::string(3000, 'y')};
    };
    spec_.type = "dns";
    spec_.dns.type = "MX";
  }
  std::string found(std::string_view key) {
    const auto table = open_table(spec_, upkeep_);
    if (!table) return "!" + table.error().what;
    const auto answer = (*table)->find(key);
    if (!answer) return "!" + answer.error().what;
    return answer->value_or("-");
  }

  Spec spec_;
  Upkeep upkeep_;
  std::vector<std::string> asked_;
};

TEST_F(DnsMap, AnswersTheFirstRecordOrAll) {
  EXPECT_EQ(found("A.example"), "one");
  EXPECT_EQ(asked_.back(), "MX a.example 5");
  EXPECT_EQ(found("none.example"), "-");
  EXPECT_EQ(found("bad.example"), "!dns:MX: SERVFAIL");
  spec_.delimiter = ",";
  EXPECT_EQ(found("a.example"), "one,two," + std::string(3000, 'x'));  // what fits
  spec_.most_values = 2;
  EXPECT_EQ(found("a.example"), "one,two");
  spec_.append = "<x>";
  EXPECT_EQ(found("a.example"), "one,two<x>");
  spec_.match_only = true;
  EXPECT_EQ(found("A.example"), "A.example<x>");
  spec_.failure_is_none = true;
  EXPECT_EQ(found("bad.example"), "-");
}

TEST_F(DnsMap, AsksBelowItsDomainAndAsLongAsItIsTold) {
  spec_.dns.domain = "map.example";
  spec_.dns.tries = 3;
  spec_.timeout = std::chrono::seconds(2);
  EXPECT_EQ(found("a"), "one");
  EXPECT_EQ(asked_.back(), "MX a.map.example 6");
}

// A name whose servers are dead does not stop the others.
TEST_F(DnsMap, RemembersAndNeverWaitsOnALoop) {
  const auto table = open_table(spec_, upkeep_);
  ASSERT_TRUE(table);
  EXPECT_TRUE((*table)->waits());
  EXPECT_FALSE((*table)->find("bad.example"));
  EXPECT_TRUE((*table)->find("a.example"));
  EXPECT_FALSE((*table)->find("bad.example"));
  EXPECT_EQ(asked_.size(), 2U);
  NoWaiting here;
  EXPECT_TRUE((*table)->find("a.example"));
  EXPECT_FALSE((*table)->find("b.example"));
  ASSERT_EQ(here.take().size(), 1U);
  EXPECT_EQ(asked_.size(), 2U);
}

// Below one domain, that is; else whoever names dead domains would speak for all others.
TEST_F(DnsMap, LeavesAloneWhoAnswersNoName) {
  int asked = 0;
  upkeep_.ask_dns = [&](const DnsQuestion&) -> Result<std::vector<std::string>> {
    ++asked;
    return std::unexpected(Error{ErrorKind::temporary, "no answer in time", ETIMEDOUT});
  };
  const auto ask_eight = [&] {
    asked = 0;
    const auto table = open_table(spec_, upkeep_);
    EXPECT_TRUE(table);
    for (char key = 'a'; key <= 'h'; ++key) {
      EXPECT_FALSE((*table)->find(std::string(1, key) + ".example"));
    }
    return asked;
  };
  spec_.dns.domain.clear();
  EXPECT_EQ(ask_eight(), 8);
  spec_.dns.domain = "routes.example";
  EXPECT_EQ(ask_eight(), 4);
}

TEST_F(DnsMap, IsRefusedWhereNobodyAsksDns) { EXPECT_FALSE(open_table(spec_)); }

}  // namespace
}  // namespace signet::table
