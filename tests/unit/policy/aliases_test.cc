#include "signet/policy/aliases.h"

#include <gtest/gtest.h>

#include "signet/policy/route.h"
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
    for (const auto& member : found.members) text += (text.empty() ? "" : " ") + member.address;
    return text;
  }
  // Each member as "kind address user/owner".
  static std::vector<std::string> shown(const Recipients& found) {
    static constexpr std::string_view kKinds[] = {"address", "mailbox", "program", "file", "list"};
    std::vector<std::string> all;
    for (const auto& one : found.members) {
      all.push_back(std::string(kKinds[static_cast<std::size_t>(one.kind)]) + " " + one.address +
                    " " + one.user + "/" + one.owner);
    }
    return all;
  }
  static mail::Recipient list(std::string path, std::string user = {},
                              std::vector<std::string> trail = {}) {
    return {.address = ":include:" + path,
            .kind = mail::Recipient::Kind::list,
            .user = std::move(user),
            .origin = "list@ours.test",
            .trail = std::move(trail)};
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
  map->set("\"base", "alice");
  map->set("\"q q\"", "bob");
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
      {"+base", "+base"},
      {R"("base+tag")", R"("base+tag")"},
      {R"("q q"+tag)", "bob"},
      {"late", "bob"},
      {"a", "554 5.4.6 aliasing/forwarding loop broken"},
      {"bob2", "bob"},
      {"bad", "451 4.3.5 Local configuration error"},
      {"prog", "bob |/bin/x"},
  };
  for (const auto& one : cases) EXPECT_EQ(who(one.recipient), one.want) << one.recipient;
}

TEST(ForwardingName, HasNoDetail) {
  EXPECT_EQ(forwarding_name("Bob+x"), "bob");
  EXPECT_EQ(forwarding_name("+x"), "+x");
  EXPECT_EQ(forwarding_name(R"("Bob+x")"), R"("bob+x")");
}

TEST_F(Aliases, TellAnUnaliasedUserFromAnAlias) {
  map->set("list", "nobody");
  EXPECT_EQ(find_recipients(options, "nobody@ours.test").local_user, "nobody");
  EXPECT_EQ(find_recipients(options, "list@ours.test").local_user, std::nullopt);
}

TEST_F(Aliases, ComeBeforeTheHub) {
  map->set("sales", "bob, carol");
  site.local_mail.hub = "hub.test";
  EXPECT_EQ(who("sales"), "bob carol");
  EXPECT_FALSE(find_recipients(options, "nobody").local_user);
  site.local_mail.users = {"nobody"};
  EXPECT_TRUE(find_recipients(options, "nobody").local_user);
  site.local_mail.sticky = true;
  EXPECT_EQ(who("sales@ours.test"), "sales@ours.test");
  EXPECT_EQ(who("sales"), "bob carol");
  site.local_mail.hub = "ours.test";
  EXPECT_EQ(who("sales@ours.test"), "bob carol");
}

TEST_F(Aliases, KnowWhoTakesTheMailOfNobody) {
  map->set("boss", "bob, archive@far.test");
  map->set("mixed", "bob, nobody");
  auto& luser = site.local_mail.luser_relay;
  luser = "local:boss";
  EXPECT_EQ(who("nobody@ours.test"), "bob archive@far.test");
  EXPECT_EQ(who("alice"), "alice");
  EXPECT_EQ(who("nobody@far.test"), "nobody@far.test");
  luser = "local:nobody2";
  EXPECT_EQ(who("nobody"), "nobody2");
  luser = "error:5.1.1:550 not here";
  EXPECT_EQ(who("nobody"), "550 5.1.1 not here");
  EXPECT_EQ(who("mixed"), "bob nobody");
  luser = "lost.test";
  EXPECT_EQ(who("nobody"), "nobody");
  EXPECT_FALSE(find_recipients(options, "nobody").local_user);
}

// The program that has the mailboxes may know users without an account: all are known then.
TEST_F(Aliases, AskForAccountsWhereLuserRelayDoes) {
  map->set("boss", "bob, archive@far.test");
  const auto accounts = std::make_shared<test::FakeTable>(test::FakeTable{{"bob", "bob"}});
  site.mailboxes = std::make_shared<Mailboxes>(
      Mailboxes{.mailer = "cyrus", .asks_relays = true, .accounts = accounts});
  options.is_local_user = [](std::string_view) { return true; };
  auto& luser = site.local_mail.luser_relay;
  luser = "local:boss";
  EXPECT_EQ(who("nobody+x@ours.test"), "bob archive@far.test");
  EXPECT_EQ(who("bob+x@ours.test"), "bob+x@ours.test");
  luser = "error:5.1.1:550 not here";
  EXPECT_EQ(who("nobody"), "550 5.1.1 not here");
  accounts->fail();
  EXPECT_EQ(who("nobody"), "nobody");
}

TEST_F(Aliases, OfAWholeNameWherePlusIsALetter) {
  map->set("bob", "alice");
  map->set("bob+x", "carol");
  site.local_mail.whole_names = true;
  EXPECT_EQ(who("bob+y"), "bob+y");
  EXPECT_EQ(who("bob+x"), "carol");
}

TEST_F(Aliases, MayTellWhereSomebodyHasMoved) {
  map->set("old", "old@new.test.REDIRECT");
  map->set("both", "bob, old@new.test.REDIRECT");
  EXPECT_EQ(who("old"), "old@new.test.REDIRECT");
  site.local_mail.redirect = true;
  EXPECT_EQ(who("old"), "551 5.1.1 User has moved; please try <old@new.test>");
  EXPECT_EQ(who("both"), "bob old@new.test.REDIRECT");
}

TEST_F(Aliases, HearOfMailertable) {
  const test::FakeTable routes{{"gone.test", "error:5.1.6:550 moved"},
                               {"late.test", "error:4.7.1:450 later"},
                               {"here.test", "local:"},
                               {"slip.test", "nonsense"}};
  options.virtual_users.mailertable = &routes;
  map->set("list", "bob, x@far.test");
  EXPECT_EQ(who("x@gone.test"), "550 5.1.6 moved");
  EXPECT_EQ(who("x@late.test"), "x@late.test");
  EXPECT_EQ(who("x@slip.test"), "x@slip.test");
  EXPECT_EQ(who("list@here.test"), "bob x@far.test");
  EXPECT_EQ(find_recipients(options, "nobody@here.test").local_user, "nobody");
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
  EXPECT_EQ(find_recipients(options, "many").members.size(), kMostMembers);
  map->set("many", all + ",more@far.test");
  EXPECT_EQ(who("many"), "452 4.5.3 Too many recipients");
}

using Shown = std::vector<std::string>;

TEST_F(Aliases, LeadToProgramsFilesAndLists) {
  map->set("all", "\\bob, \"|x -y\", /var/log/x, :include:/etc/list, alice");
  const auto found = find_recipients(options, "all@ours.test");
  EXPECT_EQ(shown(found), (Shown{"mailbox bob /", "program |x -y /", "file /var/log/x /",
                                 "list :include:/etc/list /", "address alice /"}));
  for (const auto& one : found.members) {
    EXPECT_EQ(one.origin, "all@ours.test");
    EXPECT_EQ(one.shown(), one.is_address() ? one.address : "all@ours.test");
  }
}

TEST_F(Aliases, NameTheOwnerOfAList) {
  map->set("list", "bob, inner");
  map->set("owner-list", "list-request");
  map->set("inner", "alice, |x");
  map->set("owner-inner", "boss@far.test, alice");
  map->set("named", "carol");
  map->set("owner-named", "Al <al@far.test>");
  map->set("owner-owner", "postmaster");
  map->set("tag+*", "carol");
  map->set("owner-tag", "\"|x\"");
  EXPECT_EQ(shown(find_recipients(options, "list")),
            (Shown{"address bob /list-request@mx.example.org",
                   "address alice /owner-inner@mx.example.org",
                   "program |x /owner-inner@mx.example.org"}));
  EXPECT_EQ(shown(find_recipients(options, "named")), Shown{"address carol /al@far.test"});
  EXPECT_EQ(shown(find_recipients(options, "owner-list")),
            Shown{"address list-request /postmaster@mx.example.org"});
  EXPECT_EQ(shown(find_recipients(options, "tag+x")),
            Shown{"address carol /owner-tag@mx.example.org"});
  EXPECT_EQ(shown(find_recipients(options, "bob")), Shown{"address bob /"});
}

TEST_F(Aliases, NameTheMembersOfListsThatWereRead) {
  map->set("team", "alice, |team");
  auto root = list("/l/a");
  root.source = "list";
  const ListTexts texts{
      {key_of_list(root),
       read_list_text("bob, team\n# no\n|own,:include:/l/b\n\"bad\nbob@ours.test\n", "owner")}};
  auto found = find_members(options, std::vector{root}, texts);
  EXPECT_EQ(shown(found), (Shown{"address bob /", "address alice /", "program |team /",
                                 "program |own owner/", "list :include:/l/b owner/"}));
  EXPECT_EQ(found.trouble, ":include:/l/a line 4: Unbalanced '\"'");
  EXPECT_EQ(found.members.front().trail, std::vector{key_of_list(root)});
  EXPECT_EQ(found.members.back().list_source, "list");  // the alias that names the first of them
  EXPECT_EQ(found.members.at(2).source, "team");
  // Lists that name each other, and those that led there.
  const auto other = list("/l/b", "owner");
  const ListTexts both{{key_of_list(root), read_list_text(":include:/l/b", "owner")},
                       {key_of_list(other), read_list_text("bob, :include:/l/b", "owner")}};
  EXPECT_EQ(shown(find_members(options, std::vector{root}, both)), Shown{"address bob /"});
  EXPECT_TRUE(find_members(options, std::vector{list("/l/a", {}, {key_of_list(root)})}, both)
                  .members.empty());
}

TEST_F(Aliases, NameTheListsThatLeadToNobody) {
  map->set("hollow", ":include:/none");
  std::vector<mail::Recipient> lists;
  for (const auto* name : {"/none", "/other", "/full", "/same"}) lists.push_back(list(name));
  const ListTexts texts{
      {key_of_list(lists[0]), read_list_text("# nobody\n", {})},
      {key_of_list(lists[1]), read_list_text("hollow, :include:/other\n", {})},
      {key_of_list(lists[2]), read_list_text("bob\n", {})},
      {key_of_list(lists[3]), read_list_text(":include:/full\n", {})},
  };
  EXPECT_EQ(find_members(options, lists, texts).empty_lists,
            (std::vector{key_of_list(lists[0]), key_of_list(lists[1])}));
}

TEST_F(Aliases, LeaveWhoHasForwardedToHisMailbox) {
  map->set("bob", "bob2");
  const auto forward = list("/home/bob/.forward", "bob", {"bob"});
  const ListTexts texts{{key_of_list(forward), read_list_text("Bob+x@ours.test, alice", "bob")}};
  EXPECT_EQ(shown(find_members(options, std::vector{forward}, texts)),
            (Shown{"mailbox Bob+x@ours.test /", "address alice /"}));
  EXPECT_EQ(forwarding_name("Bob+x"), "bob");
  EXPECT_EQ(forwarding_name("+x"), "+x");
}

TEST_F(Aliases, OfListsAreOnlySoDeepAndSoMany) {
  options.most_deep = 2;
  map->set("d1", "d2");
  map->set("d2", "d3");
  const auto root = list("/l");
  EXPECT_EQ(shown(find_members(options, std::vector{root},
                               {{key_of_list(root), read_list_text("d1, alice", {})}})),
            (Shown{"mailbox d2 /", "address alice /"}));
  std::string all;
  for (std::size_t i = 0; i <= kMostListMembers; ++i)
    all += "u" + std::to_string(i) + "@far.test\n";
  const auto found =
      find_members(options, std::vector{root}, {{key_of_list(root), read_list_text(all, {})}});
  EXPECT_EQ(found.error->code, 452);
  all.clear();
  for (std::size_t i = 0; i <= kMostListMembers; ++i) all += "bob,";
  const auto same = find_members(options, std::vector{root},
                                 {{key_of_list(root), read_list_text(all + "\nalice", {})}});
  ASSERT_TRUE(same.error);
  EXPECT_EQ(same.error->code, 452);
}

TEST_F(Aliases, WaitForAMapThatCannotBeRead) {
  map->fail();
  EXPECT_EQ(who("bob").substr(0, 3), "451");
}

}  // namespace
}  // namespace signet::policy
