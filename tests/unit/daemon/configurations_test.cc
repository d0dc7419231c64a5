#include "daemon/configurations.h"

#include <string>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace signet::daemon {
namespace {

class OnTrial : public testing::Test {
 protected:
  OnTrial() {
    write("Djfirst.test");
    EXPECT_TRUE(configurations_.begin());
  }
  void write(const std::string& text) { folder_.write("site.cf", text + "\nMlocal\n"); }
  std::string host() { return configurations_.newest()->host(); }

  test::TemporaryDirectory folder_;
  ConfigurationSource source_{.file = folder_ / "site.cf", .cf_dir = {}, .overrides = {}};
  Configurations configurations_{source_};
};

TEST_F(OnTrial, WhatAnEngineTookStays) {
  write("Djsecond.test");
  ASSERT_TRUE(configurations_.reread());
  configurations_.on_taken();
  configurations_.on_engine_death();
  EXPECT_EQ(host(), "second.test");
  EXPECT_EQ(configurations_.start()->host(), "first.test");
}

TEST_F(OnTrial, WhatNoEngineTookGoesWithIt) {
  write("Djsecond.test");
  ASSERT_TRUE(configurations_.reread());
  EXPECT_EQ(host(), "second.test");
  configurations_.on_engine_death();
  EXPECT_EQ(host(), "first.test");
}

TEST_F(OnTrial, WhatCannotBeReadIsNotTried) {
  write("O NoSuchOption=1");
  EXPECT_FALSE(configurations_.reread());
  configurations_.on_taken();
  EXPECT_EQ(host(), "first.test");
}

TEST_F(OnTrial, HandsOutTheMapsOfBothAndNothingElse) {
  const auto mapped = [&](const std::string& name) {
    return configurations_.map(folder_ / (name + ".db")).has_value();
  };
  for (const std::string name : {"old", "new"}) {
    folder_.write(name + ".db", "octets");
    EXPECT_FALSE(mapped(name));
    write("U access_db\thash -T<TMPF> " + (folder_ / name));
    ASSERT_TRUE(configurations_.reread());
    if (name == "old") configurations_.on_taken();
    EXPECT_TRUE(mapped(name));
  }
  EXPECT_TRUE(mapped("old"));
  EXPECT_FALSE(configurations_.map("/etc/shadow"));
  EXPECT_FALSE(configurations_.log("/etc/shadow"));
  EXPECT_FALSE(configurations_.key("/etc/shadow", 0));
}

TEST_F(OnTrial, HandsOutWhatAMapIsMadeOf) {
  for (const std::string name : {"member", "lists", "secret", "class.db", "other"}) {
    folder_.write(name, "octets");
  }
  write("Kmember text " + (folder_ / "member") + "\nU access_db\tsequence member\nF{w}x@hash:" +
        (folder_ / "class") + "\nO AliasFile=text:" + (folder_ / "lists") +
        ", ldap:-h x -k (x) -d cn=x -P " + (folder_ / "secret"));
  ASSERT_TRUE(configurations_.reread());
  for (const std::string name : {"member", "lists", "secret", "class.db"}) {
    EXPECT_TRUE(configurations_.map(folder_ / name)) << name;
  }
  EXPECT_FALSE(configurations_.map(folder_ / "other"));
  EXPECT_FALSE(configurations_.map(""));
}

}  // namespace
}  // namespace signet::daemon
