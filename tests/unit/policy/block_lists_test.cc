#include "signet/policy/block_lists.h"

#include <gtest/gtest.h>

#include "unit/policy/fixture.h"

namespace signet::policy {
namespace {

using ListState = ListAnswer::State;

BlockList made(std::string_view feature, const std::vector<std::string>& arguments) {
  auto list = BlockList::make(feature, arguments);
  EXPECT_TRUE(list.has_value()) << (list ? "" : list.error().what);
  return list ? std::move(*list) : BlockList();
}

ListAnswer listed(std::string_view address) {
  return {ListState::listed, {*IpAddress::parse(address)}};
}

// What one list makes of an answer, at the greeting.
std::string outcome_of(const BlockList& list, const ListAnswer& answer,
                       std::string_view client = "198.51.100.7") {
  Scene scene;
  scene.peer.remote.ip = *IpAddress::parse(client);
  scene.site.block_lists = {list};
  const ListAnswer answers[] = {answer};
  auto view = scene.client();
  view.lists = answers;
  return outcome(check_connect(scene.access(), scene.site, view));
}

TEST(BlockLists, SayWhatTheSiteWrites) {
  const struct {
    std::vector<std::string> arguments;
    std::string_view want;
  } cases[] = {
      {{"bl.test"}, "550 5.7.1 Rejected: 198.51.100.7 listed at bl.test"},
      {{"bl.test."}, "550 5.7.1 Rejected: 198.51.100.7 listed at bl.test"},
      {{"bl.test", ""}, "550 5.7.1 Rejected: 198.51.100.7 listed at bl.test"},
      {{"bl.test", R"("550 Mail from " $&{client_addr} " refused - see http://bl.test/")"},
       "550 5.7.1 Mail from 198.51.100.7 refused - see http://bl.test/"},
      {{"bl.test", R"("450 Mail from " $&{client_name} " refused")"},
       "450 4.7.1 Mail from client.partner.test refused"},
      {{"bl.test", R"("550 5.7.9 No, " $&{client_addr})"}, "550 5.7.9 No, 198.51.100.7"},
      {{"bl.test", "550 listed at http://bl.test/?$&{client_addr} go  away"},
       "550 5.7.1 listed at http://bl.test/? 198.51.100.7 go away"},
      {{"bl.test", R"("Go away")"}, "553 5.3.0 Go away"},
      {{"bl.test", R"("550 $&{no_macro} \"x\"" $&{nobody} ".")"}, "550 5.7.1 $&{no_macro} \"x\"."},
      {{"bl.test", "quarantine"}, "quarantine: bl.test"},
      {{"bl.test", "discard"}, "discard"},
  };
  for (const auto& one : cases) {
    for (const auto* feature : {"dnsbl", "enhdnsbl"}) {
      EXPECT_EQ(outcome_of(made(feature, one.arguments), listed("127.0.0.2")), one.want);
    }
  }
}

TEST(BlockLists, JudgeAnswers) {
  const std::string_view no = "550 5.7.1 Rejected: 198.51.100.7 listed at bl.test";
  const std::string_view later = "451 4.4.3 Temporary lookup failure of 198.51.100.7 at bl.test";
  const struct {
    std::vector<std::string> arguments;
    ListAnswer answer;
    std::string_view want;
  } cases[] = {
      {{"bl.test"}, {ListState::not_asked, {}}, "pass"},
      {{"bl.test"}, {ListState::not_listed, {}}, "pass"},
      {{"bl.test"}, {ListState::no_answer, {}}, "pass"},
      {{"bl.test", "", "t"}, {ListState::no_answer, {}}, later},
      {{"bl.test", "quarantine", R"("421 Come again")"},
       {ListState::no_answer, {}},
       "421 4.4.3 Come again"},
      {{"bl.test"}, listed("127.0.0.200"), no},
      {{"bl.test"}, listed("192.0.2.1"), "pass"},        // somebody bought the domain
      {{"bl.test"}, listed("127.255.255.254"), "pass"},  // we may not ask
      {{"bl.test", "", "", "127.0.0.2."}, listed("127.0.0.2"), no},
      {{"bl.test", "", "", "127.0.0.2."}, listed("127.0.0.20"), "pass"},
      {{"bl.test", "", "", "127.0.0.2.", "", "127.0.0.9."}, listed("127.0.0.9"), no},
      {{"bl.test", "", "", "127.0.$-.4."}, listed("127.0.77.4"), no},
      {{"bl.test", "", "", "127.$+"}, listed("127.0.77.4"), no},
      {{"bl.test", "", "", "127.$+"}, listed("10.0.77.4"), "pass"},
      {{"bl.test", "", "", "$*.4.$@"}, listed("127.0.0.4"), no},
      {{"bl.test", "", "", "$+"}, listed("192.0.2.1"), no},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(outcome_of(made("enhdnsbl", one.arguments), one.answer), one.want);
  }
}

TEST(BlockLists, RefuseArgumentsThatMeanNothing) {
  const struct {
    std::string_view feature;
    std::vector<std::string> arguments;
    std::string_view want;
  } cases[] = {
      {"dnsbl", {}, " is no zone"},
      {"dnsbl", {"bl"}, "bl is no zone"},
      {"mtamark", {"", "", "", "x"}, "unexpected argument x"},
      {"dnsbl", {"bl.test", "", "", "127.0.0.2."}, "unexpected argument 127.0.0.2."},
      {"enhdnsbl", {"bl.test", "", "", "127.0.0.2"}, "127.0.0.2: never matches, write 127.0.0.2."},
      {"enhdnsbl", {"bl.test", "", "", "$=x."}, "$=x.: only $- $+ $* $@ are known"},
      {"enhdnsbl", {"bl.test", "", "", "127.0.0.x."}, "127.0.0.x.: no address such as 127.0.0.2."},
      {"enhdnsbl",
       {"bl.test", "", "", "127.0.0.1.127.0.0.1.127.0.0.1."},
       "127.0.0.1.127.0.0.1.127.0.0.1.: too long"},
  };
  for (const auto& one : cases) {
    const auto list = BlockList::make(one.feature, one.arguments);
    ASSERT_FALSE(list.has_value()) << one.want;
    EXPECT_EQ(list.error().what, one.want);
  }
}

TEST(BlockLists, AskByTheReversedAddressOrTheDomain) {
  const auto clients = made("dnsbl", {"bl.test"});
  EXPECT_EQ(list_question(clients, *IpAddress::parse("198.51.100.7"), ""), "7.100.51.198.bl.test");
  EXPECT_EQ(list_question(clients, *IpAddress::parse("2001:db8::a1"), ""),
            "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test");
  const auto senders = made("rhsbl", {"rhs.test"});
  const auto client = *IpAddress::parse("198.51.100.7");
  EXPECT_EQ(list_question(senders, client, "a@Spam.Test"), "spam.test.rhs.test");
  for (const auto* sender : {"", "a", "a@[192.0.2.1]"})
    EXPECT_EQ(list_question(senders, client, sender), "");
}

TEST(BlockLists, HearWhatTheReverseZoneSaysOfTheClient) {
  const auto mark = made("mtamark", {});
  const auto client = *IpAddress::parse("198.51.100.7");
  EXPECT_EQ(list_question(mark, client, ""), "_perm._smtp._srv.7.100.51.198.in-addr.arpa");
  EXPECT_EQ(list_question(mark, *IpAddress::parse("2001:db8::a1"), ""), "");
  EXPECT_EQ(outcome_of(mark, {ListState::listed, {}}),
            "550 5.7.1 Rejected: 198.51.100.7 not listed as MTA");
  EXPECT_EQ(outcome_of(mark, {ListState::not_listed, {}}), "pass");
  EXPECT_EQ(outcome_of(mark, {ListState::no_answer, {}}), "pass");
  const auto strict = made("mtamark", {R"("550 No, " $&{client_addr})", "t", "_mta"});
  EXPECT_EQ(list_question(strict, client, ""), "_mta.7.100.51.198.in-addr.arpa");
  EXPECT_EQ(outcome_of(strict, {ListState::listed, {}}), "550 5.7.1 No, 198.51.100.7");
  EXPECT_EQ(outcome_of(strict, {ListState::no_answer, {}}),
            "451 4.4.3 Temporary lookup failure of _mta.198.51.100.7");
}

TEST(BlockLists, TheFirstThatSaysSomethingDecides) {
  const std::vector<BlockList> lists = {made("dnsbl", {"one.test"}),
                                        made("dnsbl", {"two.test", "", "t"})};
  const ListAnswer waiting{ListState::waiting, {}};
  const ListAnswer no{ListState::not_listed, {}};
  const ListAnswer silent{ListState::no_answer, {}};
  const auto decided = [&](const ListAnswer& first, const ListAnswer& second) {
    const ListAnswer answers[] = {first, second};
    return lists_have_decided(lists, answers);
  };
  EXPECT_FALSE(decided(waiting, listed("127.0.0.2")));
  EXPECT_TRUE(decided(listed("127.0.0.2"), waiting));
  EXPECT_FALSE(decided(silent, waiting));
  EXPECT_FALSE(decided(no, waiting));
  EXPECT_TRUE(decided(no, no));
}

TEST(BlockLists, AreAskedOnlyWhereTheAnswerCounts) {
  Scene scene;
  const auto at_connect = [&] {
    return lists_before_connect(scene.access(), scene.site, scene.peer);
  };
  const auto at_sender = [&] {
    return lists_before_sender(scene.access(), scene.site, scene.client(), "a@sender.test");
  };
  using Questions = std::vector<std::string>;
  EXPECT_EQ(at_connect(), Questions{});
  scene.site.block_lists = {made("dnsbl", {"bl.test"}), made("rhsbl", {"rhs.test"})};
  EXPECT_EQ(at_connect(), (Questions{"7.100.51.198.bl.test", ""}));
  EXPECT_EQ(at_sender(), (Questions{"", "sender.test.rhs.test"}));
  scene.site.delay_checks = Delay::all;
  EXPECT_EQ(at_connect(), Questions{});
  EXPECT_EQ(at_sender(), (Questions{"7.100.51.198.bl.test", "sender.test.rhs.test"}));
  scene.map.set("rhs:sender.test", "OK");
  EXPECT_EQ(at_sender(), (Questions{"7.100.51.198.bl.test", ""}));
  scene.auth.mechanism = "PLAIN";
  scene.auth.identity = "joe";
  scene.site.trusted_mechanisms = {"PLAIN"};
  ASSERT_TRUE(scene.auth.done());
  EXPECT_EQ(at_sender(), Questions{});
  scene.site.trusted_mechanisms.clear();
  scene.map.set("Connect:198.51.100", "OK");
  EXPECT_EQ(at_sender(), Questions{});
  scene.site.delay_checks = Delay::no;
  EXPECT_EQ(at_connect(), Questions{});
}

TEST(BlockLists, WordsForTheLog) {
  const auto list = made("dnsbl", {"bl.test"});
  EXPECT_EQ(list_trouble(list, {ListState::no_answer, {}}), "dnsbl: bl.test: no answer");
  EXPECT_EQ(list_trouble(list, listed("192.0.2.1")),
            "dnsbl: bl.test: answered 192.0.2.1 which is no listing");
  EXPECT_EQ(list_trouble(list, listed("127.0.0.2")), "");
  EXPECT_EQ(list_trouble(list, {ListState::not_listed, {}}), "");
}

TEST(BlockLists, UseClientPtrLooksForTheUnverifiedName) {
  Scene scene;
  scene.peer.name = "[198.51.100.7]";
  scene.peer.ptr = "dial.pool.test";
  scene.map.set("Connect:pool.test", "REJECT");
  EXPECT_EQ(outcome(scene.connect()), "pass");
  scene.site.use_client_ptr = true;
  EXPECT_EQ(outcome(scene.connect()), "550 5.7.1 Access denied");
}

}  // namespace
}  // namespace signet::policy
