#include "signet/conf/mail_filters.h"

#include <gtest/gtest.h>

namespace signet::conf {
namespace {

using std::chrono::seconds;
using OnFailure = MailFilter::OnFailure;

MailFilter parsed(std::string_view text) {
  std::vector<std::string> remarks;
  auto filter = parse_mail_filter(text, remarks);
  EXPECT_TRUE(filter) << text << (filter ? "" : filter.error());
  EXPECT_TRUE(remarks.empty()) << text;
  return filter ? *filter : MailFilter{};
}

TEST(MailFilter, HasSendmailsDefaults) {
  const auto filter = parsed("one, S=local:/run/f");
  EXPECT_EQ(filter.name, "one");
  EXPECT_EQ(filter.path, "/run/f");
  EXPECT_EQ(filter.on_failure, OnFailure::go_on);
  EXPECT_EQ(filter.connect, seconds(300));
  EXPECT_EQ(filter.send, seconds(10));
  EXPECT_EQ(filter.read, seconds(10));
  EXPECT_EQ(filter.end, seconds(300));
}

TEST(MailFilter, KnowsItsSockets) {
  for (const auto& [text, want] : std::vector<std::pair<std::string, std::string>>{
           {"/run/f", "unix:/run/f"},
           {"unix:/run/f", "unix:/run/f"},
           {":/run/f", "unix:/run/f"},
           {"inet:8891@localhost", "inet:8891@localhost"},
           {"inet:8891@127.0.0.1", "inet:8891@[127.0.0.1]"},
           {"INET:smtp@[127.0.0.1]", "inet:25@[127.0.0.1]"},
           {"inet6:8891@[::1]", "inet6:8891@[::1]"},
           {"inet6:8891@filter.test", "inet6:8891@filter.test"},
       }) {
    EXPECT_EQ(parsed("one, S=" + text).socket(), want);
  }
}

TEST(MailFilter, TakesFlagsAndTimes) {
  EXPECT_EQ(parsed("a, S=/f, F=R").on_failure, OnFailure::reject);
  EXPECT_EQ(parsed("a, S=/f, F=T").on_failure, OnFailure::temporary);
  EXPECT_EQ(parsed("a, S=/f, F=4").on_failure, OnFailure::close);
  EXPECT_EQ(parsed("a, S=/f, F=R4T").on_failure, OnFailure::temporary);
  EXPECT_EQ(parsed("a, S=/f, F=").on_failure, OnFailure::go_on);
  const auto filter = parsed("a, S=/f, F=T, T=C:1m;S:20;R:2m30s; E:0");
  EXPECT_EQ(filter.connect, seconds(60));
  EXPECT_EQ(filter.send, seconds(20));
  EXPECT_EQ(filter.read, seconds(150));
  EXPECT_EQ(filter.end, seconds(0));
  std::vector<std::string> remarks;
  EXPECT_TRUE(parse_mail_filter("a, S=/f, F=Tx", remarks));
  EXPECT_EQ(remarks, std::vector<std::string>{"mail filter a: F=x has no meaning"});
}

TEST(MailFilter, SaysWhatIsWrong) {
  for (const auto& [text, want] : std::vector<std::pair<std::string, std::string>>{
           {"", "a mail filter needs a name"},
           {", S=/f", "a mail filter needs a name"},
           {"a", "Xa: S= is missing"},
           {"a, S", "Xa: \"S\" has no '='"},
           {"a, S=", "Xa: S=: the path is missing"},
           {"a, S=/f, Q=1", "Xa: unknown key Q: S, F, T"},
           {"a, S=pipe:/f", "Xa: S=: unknown socket type pipe"},
           {"a, S=inet:8891", "Xa: S=8891: port@host is wanted"},
           {"a, S=inet:8891@", "Xa: S=8891@: port@host is wanted"},
           {"a, S=inet:0@localhost", "Xa: S=0@localhost: no such port"},
           {"a, S=inet:nobody@localhost", "Xa: S=nobody@localhost: no such port"},
           {"a, S=inet:1@[::1]", "Xa: S=: ::1 is no address of that family"},
           {"a, S=inet:1@[x]", "Xa: S=: [x] is no address"},
           {"a, S=/f, T=X:1", "Xa: T=: unknown time X:1: C, S, R, E"},
           {"a, S=/f, T=C", "Xa: T=: C has no ':'"},
       }) {
    std::vector<std::string> remarks;
    const auto filter = parse_mail_filter(text, remarks);
    EXPECT_FALSE(filter) << text;
    if (!filter) {
      EXPECT_EQ(filter.error(), want);
    }
  }
  std::vector<std::string> remarks;
  EXPECT_FALSE(parse_mail_filter("a, S=/" + std::string(200, 'x'), remarks));
}

TEST(MailFilter, NamesStandBetweenCommasOrSemicolons) {
  EXPECT_EQ(parse_filter_names("one, two;three"),
            (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_TRUE(parse_filter_names("").empty());
}

}  // namespace
}  // namespace signet::conf
