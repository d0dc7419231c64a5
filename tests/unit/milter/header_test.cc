#include "signet/milter/header.h"

#include <gtest/gtest.h>

#include "signet/milter/line_mender.h"

namespace signet::milter {
namespace {

Header three() {
  return Header({{.name = "Subject", .value = " s"},
                 {.name = "X-A", .value = " 1", .colon = " :"},
                 {.name = "x-a", .value = " 2\n\tmore"}});
}

TEST(Header, WritesWhatNobodyTouchesAsItCame) {
  EXPECT_EQ(three().below(), "Subject: s\r\nX-A : 1\r\nx-a: 2\r\n\tmore\r\n");
  EXPECT_EQ(three().above(), "");
}

TEST(Header, CountsOurReceivedFieldWhenItInserts) {
  auto header = three();
  header.insert({.index = 0, .name = "I0", .value = " v"});
  header.insert({.index = 9, .name = "I9", .value = " v"});
  header.insert({.index = 2, .name = "I2", .value = " v"});  // I0, Received, here
  header.insert({.index = 1, .name = "I1", .value = " v"});  // I0, here, Received
  EXPECT_EQ(header.above(), "I0: v\r\nI1: v\r\n");
  EXPECT_EQ(header.below(), "I2: v\r\nSubject: s\r\nX-A : 1\r\nx-a: 2\r\n\tmore\r\nI9: v\r\n");
  auto fresh = three();
  fresh.insert({.index = 1, .name = "I1", .value = " v"});
  EXPECT_EQ(fresh.below().find("I1: v\r\nSubject"), 0U);
}

TEST(Header, ChangesTheFieldThatAnIndexMeans) {
  auto header = three();
  using Did = Header::Did;
  auto done = header.change({.index = 2, .name = "X-A", .value = " two"});
  EXPECT_EQ(done.did, Did::changed);
  EXPECT_EQ(done.old, " 2\n\tmore");
  EXPECT_EQ(header.change({.index = 1, .name = "X-A", .value = ""}).did, Did::deleted);
  EXPECT_EQ(header.change({.index = 1, .name = "X-A", .value = ""}).did, Did::nothing);
  EXPECT_EQ(header.change({.index = 3, .name = "X-A", .value = ""}).did, Did::nothing);
  EXPECT_EQ(header.below(), "Subject: s\r\nx-a: two\r\n");
  // What was deleted counts for this filter, and not for the next one.
  EXPECT_EQ(header.change({.index = 2, .name = "X-A", .value = " still"}).did, Did::changed);
  header.begin_filter();
  EXPECT_EQ(header.change({.index = 2, .name = "X-A", .value = " new"}).did, Did::added);
  EXPECT_EQ(header.change({.index = 0, .name = "X-A", .value = " first"}).did, Did::changed);
  EXPECT_EQ(header.below(), "Subject: s\r\nx-a: first\r\nX-A: new\r\n");
  EXPECT_EQ(header.size(), 3U);
}

TEST(Header, ForgetsDeletedFieldsAboveOurs) {
  auto header = three();
  header.insert({.index = 0, .name = "Top", .value = " v"});
  header.change({.index = 1, .name = "Top", .value = ""});
  header.begin_filter();
  header.insert({.index = 1, .name = "One", .value = " v"});
  EXPECT_EQ(header.above(), "");
  EXPECT_EQ(header.below().find("One: v\r\nSubject"), 0U);
}

TEST(LineMender, GivesLinesThatEndInCrLf) {
  for (const auto& [in, want] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"a\r\nb\r\n", "a\r\nb\r\n"},
           {"a\nb", "a\r\nb\r\n"},
           {"a\rb\r", "a\r\nb\r\n"},
           {"\r\r\n\n", "\r\n\r\n\r\n"},
           {"x\n.\n", "x\r\n.\r\n"},
       }) {
    for (const std::size_t cut : {1U, 2U, 100U}) {
      LineMender mender;
      std::string out;
      for (std::size_t at = 0; at < in.size(); at += cut) {
        mender.on_octets(std::string_view(in).substr(at, cut), out);
      }
      mender.on_end(out);
      EXPECT_EQ(out, want) << in << cut;
    }
  }
}

}  // namespace
}  // namespace signet::milter
