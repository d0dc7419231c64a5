#include "signet/policy/aliases.h"

#include <gtest/gtest.h>

#include "signet/policy/alias_files.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

class Aliases : public testing::Test {
 protected:
  Aliases() {
    site.host = "mx.example.org";
    site.local_domains = {"mx.example.org", "ours.test"};
    options.virtual_users = {.site = &site, .virtusertable = nullptr, .mailertable = nullptr};
    options.maps = &maps;
    options.is_local_user = [](std::string_view user) { return user == "bob" || user == "alice"; };
  }
  // The addresses, or the reply.
  [[nodiscard]] std::string who(std::string_view recipient) const {
    const auto found = find_recipients(options, recipient);
    if (found.error) return found.error->line();
    std::string text;
    for (const auto& address : found.addresses) text += (text.empty() ? "" : " ") + address;
    return text;
  }

  SiteOptions site;
  std::shared_ptr<test::FakeTable> map = std::make_shared<test::FakeTable>();
  std::shared_ptr<test::FakeTable> second = std::make_shared<test::FakeTable>();
  AliasMaps maps{map, second};
  AliasOptions options;
};

TEST_F(Aliases, LeadToMembers) {
  map->set("list", "bob, carol@far.test, Bob@ours.test, team");
  map->set("team", "alice, carol@FAR.test, list");
  map->set("bobby", "\\list");
  map->set("alice", "alice, archive@far.test");
  map->set("plus+*", "bob");
  map->set("plus+x", "alice@far.test");
  map->set("base", "bob");
  map->set("a", "b");
  map->set("b", "a");
  map->set("bob2", "x2");
  map->set("x2", "bob2, bob");
  map->set("bad", "\"bob");
  map->set("prog", "bob, |/bin/x");
  second->set("list", "other");
  second->set("late", "bob");
  const struct {
    std::string_view recipient;
    std::string_view want;
  } cases[] = {
      {"bob", "bob"},
      {"bob@ours.test", "bob@ours.test"},
      {"list@far.test", "list@far.test"},
      {"LIST@Ours.test", "bob carol@far.test alice archive@far.test"},
      {"bobby", "list"},
      {"alice", "alice archive@far.test"},
      {"plus+y", "bob"},
      {"plus+x", "alice@far.test"},
      {"plus", "plus"},
      {"base+tag", "bob"},
      {"late", "bob"},
      {"a", "554 5.4.6 aliasing/forwarding loop broken"},
      {"bob2", "bob"},
      {"bad", "451 4.3.5 Local configuration error"},
      {"prog", "451 4.3.5 Local configuration error"},
  };
  for (const auto& one : cases) EXPECT_EQ(who(one.recipient), one.want) << one.recipient;
}

TEST_F(Aliases, TellAnUnaliasedUserFromAnAlias) {
  map->set("list", "nobody");
  EXPECT_EQ(find_recipients(options, "nobody@ours.test").local_user, "nobody");
  EXPECT_EQ(find_recipients(options, "list@ours.test").local_user, std::nullopt);
}

TEST_F(Aliases, AreOnlySoDeepAndSoMany) {
  options.most_deep = 3;
  for (int i = 0; i < 4; ++i) {
    map->set("d" + std::to_string(i), "d" + std::to_string(i + 1));
  }
  EXPECT_EQ(who("d1"), "d4");
  EXPECT_EQ(who("d0"), "554 5.4.6 aliasing/forwarding loop broken (4 aliases deep; 3 max)");
  std::string all = "u0@far.test";
  for (std::size_t i = 1; i < kMostMembers; ++i) all += ",u" + std::to_string(i) + "@far.test";
  map->set("many", all);
  EXPECT_EQ(find_recipients(options, "many").addresses.size(), kMostMembers);
  map->set("many", all + ",more@far.test");
  EXPECT_EQ(who("many"), "452 4.5.3 Too many recipients");
}

TEST_F(Aliases, WaitForAMapThatCannotBeRead) {
  map->fail();
  EXPECT_EQ(who("bob").substr(0, 3), "451");
}

TEST(AliasFiles, AreParted) {
  const auto files = parse_alias_files("/etc/aliases, hash:-o /etc/a, -o btree:/etc/b");
  ASSERT_TRUE(files.has_value());
  const std::vector<AliasMapSpec> want = {
      {"hash", "/etc/aliases", false}, {"hash", "/etc/a", true}, {"btree", "/etc/b", true}};
  EXPECT_EQ(*files, want);
  EXPECT_EQ(parse_alias_files("ldap:").error(), "aliases of type ldap are not there: hash, btree");
  EXPECT_FALSE(parse_alias_files("aliases").has_value());
  EXPECT_TRUE(parse_alias_files("")->empty());
}

}  // namespace
}  // namespace signet::policy
