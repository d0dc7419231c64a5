// How many connections, to whom, and who waits for whom.
#include "unit/deliver/fixture.h"

namespace signet::deliver {
namespace {

TEST_F(CourierTest, CarriesManyMessagesOverFewConnections) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.connections_per_hop = 3;
  for (int i = 0; i < 100; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 100; }));
  EXPECT_LE(mx1.connections, 3U);
  ASSERT_TRUE(wait_until_spool_has(0));
  // An idle connection takes the next one too.
  const auto before = mx1.connections;
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 101; }));
  EXPECT_EQ(mx1.connections, before);
}

TEST_F(CourierTest, SaysGoodbyeWhenIdle) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.idle_timeout = std::chrono::seconds(0);
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.was_told("QUIT"); }));
  EXPECT_TRUE(wait_for([&] { return mx1.open() == 0; }));
}

TEST_F(CourierTest, ChangesConnectionsAfterItsNumberOfJobs) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.connections_per_hop = 1;
  options.mailers["esmtp"].messages = 10;
  for (int i = 0; i < 30; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 30; }));
  EXPECT_EQ(mx1.connections, 3U);
}

TEST_F(CourierTest, TriesOnANewConnectionWhatAnIdleOneCouldNotTake) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  ASSERT_TRUE(wait_until_spool_has(0));
  int mails = 0;
  for (const char* end : {"(hang up)", "421 4.4.2 idle too long"}) {
    SCOPED_TRACE(end);
    bool told = false;
    mx1.script.answer = [&told, end](const std::string& line) -> std::string {
      if (!line.starts_with("MAIL") || std::exchange(told, true)) return {};
      return end;
    };
    submit({"y" + std::to_string(++mails) + "@d1.test"});
    ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == static_cast<std::size_t>(1 + mails); }));
  }
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

// Of two connections that were opened, one took all there was: the other one idles from the
// beginning, and its first message finds that the server has lost patience.
TEST_F(CourierTest, TriesOnANewConnectionWhatAnUnusedOneCouldNotTake) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.connections_per_hop = 2;
  options.mailers["esmtp"].messages = 2;
  const std::string greeting = std::exchange(mx1.script.greeting, "");
  submit({"x1@d1.test"});
  submit({"x2@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.connections == 2; }));
  mx1.script.greeting = greeting;
  mx1.say(0, greeting);
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 2 && mx1.open() == 1; }));
  mx1.say(1, greeting);
  const auto is_ehlo = [](const std::string& line) { return line.starts_with("EHLO"); };
  ASSERT_TRUE(wait_for([&] { return std::ranges::count_if(mx1.lines, is_ehlo) == 2; }));
  test::run_rounds(loop);
  bool told = false;
  mx1.script.answer = [&told](const std::string& line) {
    return std::string(line.starts_with("MAIL") && !std::exchange(told, true) ? kHangUp : "");
  };
  submit({"y@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() + spool.progress().size() == 3; }));
  EXPECT_TRUE(told);
  EXPECT_EQ(mx1.connections, 3U);
  EXPECT_EQ(mx1.mails.size(), 3U);
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

// What made one idle connection useless mostly did so to all of them.
TEST_F(CourierTest, TriesOnANewConnectionWhatNoIdleOneCouldTake) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  submit({"x1@d1.test"});
  submit({"x2@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 2 && mx1.open() == 2; }));
  ASSERT_TRUE(wait_until_spool_has(0));
  test::run_rounds(loop);
  mx1.script.answer = [&, old = mx1.connections](const std::string& line) {
    const bool is_old = mx1.connections == old;
    return std::string(line.starts_with("MAIL") && is_old ? "421 4.4.2 idle too long" : "");
  };
  submit({"y@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() + spool.progress().size() == 3; }));
  EXPECT_EQ(mx1.mails.size(), 3U);
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

TEST_F(CourierTest, NoticesThatAnIdleConnectionEnded) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  ASSERT_TRUE(wait_until_spool_has(0));
  mx1.hang_up_on_all();
  test::run_rounds(loop);
  submit({"y@d1.test"});
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 2; }));
  bool drained = false;
  courier->drain([&] { drained = true; });
  EXPECT_TRUE(wait_for([&] { return drained; }));
}

TEST_F(CourierTest, AsksADeadHostOnlyAFewTimes) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  mx1.script.greeting = "421 4.3.2 busy";
  for (int i = 0; i < 1000; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_progress(1000));
  EXPECT_LE(mx1.connections, 3U);
  submit({"y@d1.test"});
  ASSERT_TRUE(wait_for_progress(1001));
  EXPECT_LE(mx1.connections, 3U);
  // Who asks for a queue run knows that it answers again.
  mx1.script.greeting = "220 mx.test ESMTP";
  courier->run_queue();
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 1001; }));
}

TEST_F(CourierTest, HoldsUpNobodyForATarPit) {
  auto& tar = server(1);
  auto& live = server(2);
  mx("tar.test", {1});
  mx("live.test", {2});
  tar.script.greeting = "";
  for (int i = 0; i < 1000; ++i) submit({"x@tar.test"});
  ASSERT_TRUE(wait_for([&] { return tar.connections > 0; }));
  for (int i = 0; i < 50; ++i) submit({"x@live.test"});
  EXPECT_TRUE(wait_for([&] { return live.mails.size() == 50; }));
  EXPECT_LE(tar.connections, options.connections_per_hop);
}

TEST_F(CourierTest, KeepsPlacesForOthersBesideATarPit) {
  auto& tar = server(1);
  auto& live = server(2);
  mx("tar.test", {1});
  mx("live.test", {2});
  tar.script.greeting = "";
  options.messages_in_work = 80;
  for (int i = 0; i < 200; ++i) submit({"x@tar.test"});
  test::run_rounds(loop);
  for (int i = 0; i < 10; ++i) submit({"x@live.test"});
  EXPECT_TRUE(wait_for([&] { return live.mails.size() == 10; }));
}

// What found no place at a busy next hop goes as soon as there is one, not some time later.
TEST_F(CourierTest, CallsWhatFoundNoPlaceAtABusyNextHop) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.messages_in_work = 40;
  for (int i = 0; i < 400; ++i) submit({"x@d1.test"});
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 400; }));
}

// Nothing is parked at a next hop that has since been shut and emptied.
TEST_F(CourierTest, ForgetsNothingAtAShutNextHop) {
  auto& s1 = server(1);
  auto& s2 = server(2);
  mx("d1.test", {1});
  mx("d2.test", {2});
  mx("d3.test", {2});
  s1.script.greeting = "";
  s2.script.greeting = "";
  options.messages_in_work = 12;
  options.connections = 2;
  options.connections_per_hop = 1;
  options.connections_per_address = 1;
  submit({"x@d3.test"});
  ASSERT_TRUE(wait_for([&] { return s2.connections == 1; }));
  for (int i = 0; i < 8; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return s1.connections == 1; }));
  submit({"m@d1.test", "m@d2.test"});  // d1: no place, parked_at; d2: waits for a connection
  test::run_rounds(loop, 50);
  s1.hang_up_on_all();  // d1 is shut; d2 has its turn, finds server 2 crowded
  ASSERT_TRUE(wait_for_progress(8));
  test::run_rounds(loop, 50);
  // All are well again.
  s1.script.greeting = "220 mx.test ESMTP";
  s2.script.greeting = "220 mx.test ESMTP";
  s2.say(0, "220 mx.test ESMTP");
  ASSERT_TRUE(wait_for([&] { return s2.mails.size() >= 1; }));
  const auto got_m = [&] {
    return std::ranges::any_of(s2.mails,
                               [](const auto& one) { return one.to.front().contains("m@d2"); });
  };
  EXPECT_FALSE(got_m());
  // kBackSoon (10 s) and first_rest (5 s) pass; the eight deferred ones wait for minutes.
  EXPECT_TRUE(wait_for([&] { return got_m(); })) << "d1 mails " << s1.mails.size();
}

// Places that become free by parking are given to who is due.
TEST_F(CourierTest, GivesThePlacesOfWhatIsParkedToOthers) {
  auto& s1 = server(1);
  auto& s2 = server(2);
  auto& s4 = server(4);
  auto& s5 = server(5);
  mx("d1.test", {1});
  mx("d2.test", {2});
  mx("d3.test", {2});
  mx("d4.test", {4});
  mx("d5.test", {5});
  s1.script.greeting = s2.script.greeting = s5.script.greeting = "";
  options.messages_in_work = 12;
  options.connections = 10;
  options.connections_per_hop = 1;
  options.connections_per_address = 1;
  for (int i = 0; i < 3; ++i) submit({"x@d3.test"});
  ASSERT_TRUE(wait_for([&] { return s2.connections == 1; }));
  for (int i = 0; i < 6; ++i) submit({"x@d1.test"});
  for (int i = 0; i < 2; ++i) submit({"m@d1.test", "m@d2.test"});
  submit({"x@d5.test"});
  submit({"z@d4.test"});
  EXPECT_TRUE(wait_for([&] { return s4.mails.size() == 1; }));
}

// Fresh mail does not overtake what is parked.
TEST_F(CourierTest, FreshMailStandsBehindParkedMail) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.messages_in_work = 40;
  options.connections_per_hop = 1;
  std::size_t delivered = 0;
  std::size_t old = 0;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    if (line.starts_with("RCPT To:<old")) ++old;
    if (line == "." && ++delivered <= 5000)
      submit({"fresh" + std::to_string(delivered) + "@d1.test"});
    return {};
  };
  for (int i = 0; i < 100; ++i) submit({"old" + std::to_string(i) + "@d1.test"});
  ASSERT_TRUE(wait_for([&] { return delivered >= 4000; }));
  EXPECT_EQ(old, 100U) << "delivered " << delivered;
}

TEST_F(CourierTest, TimesOutWhereNobodyGreets) {
  auto& tar = server(1);
  mx("tar.test", {1});
  tar.script.greeting = "";
  session.greeting_timeout = std::chrono::seconds(1);
  submit({"x@tar.test"});
  EXPECT_TRUE(
      wait_for_line({"dsn=4.4.2, stat=Deferred: Connection timed out with mx1.dest.test."}));
}

TEST_F(CourierTest, DrainsAtOnceWhenNothingIsUnderWay) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  open();
  bool drained = false;
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 1; }));
  courier->drain([&] { drained = true; });
  EXPECT_TRUE(wait_for([&] { return drained; }));
  EXPECT_TRUE(mx1.was_told("QUIT"));
}

TEST_F(CourierTest, DrainsBehindWhatIsUnderWayAndKeepsTheRest) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.connections_per_hop = 1;
  bool at_dot = false;
  bool go = false;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    if (line == "." && !go) {
      at_dot = true;
      return std::string(kSilence);
    }
    return {};
  };
  for (int i = 0; i < 5; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return at_dot; }));
  bool drained = false;
  courier->drain([&] { drained = true; });
  test::run_rounds(loop);
  EXPECT_FALSE(drained);
  mx1.hang_up_on_all();
  ASSERT_TRUE(wait_for([&] { return drained; }));
  EXPECT_EQ(spool.messages().size(), 5U);
  // What was not begun is as it was: no attempt is counted, nothing is logged about it.
  EXPECT_EQ(spool.progress().size(), 1U);
  EXPECT_EQ(log.count("to=<x@d1.test>"), 1U);
}

TEST_F(CourierTest, DrainsPastHostsThatDoNotAnswer) {
  auto& tar = server(1);
  mx("tar.test", {1});
  tar.script.greeting = "";
  for (int i = 0; i < 10; ++i) submit({"x@tar.test"});
  ASSERT_TRUE(wait_for([&] { return tar.connections > 0; }));
  bool drained = false;
  courier->drain([&] { drained = true; });
  EXPECT_TRUE(wait_for([&] { return drained; }));
  EXPECT_EQ(spool.messages().size(), 10U);
}

TEST_F(CourierTest, DrainsWhileDnsIsSilent) {
  mx("d1.test", {1});
  resolver.hold();
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  test::run_rounds(loop);
  bool drained = false;
  courier->drain([&] { drained = true; });
  EXPECT_TRUE(wait_for([&] { return drained; }));
  resolver.release();
  test::run_rounds(loop);
}

TEST_F(CourierTest, EndsInAnyState) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  for (int rounds = 0; rounds < 30; ++rounds) {
    for (int i = 0; i < 3; ++i) submit({"x@d1.test", "u@mx.spec.test"});
    test::run_rounds(loop, rounds);
    courier.reset();
  }
  test::run_rounds(loop);
  EXPECT_GT(mx1.connections, 0U);
}

TEST_F(CourierTest, ServesNewOptionsToNewConnections) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 1; }));
  ASSERT_TRUE(wait_until_spool_has(0));
  session.helo_name = "new.spec.test";
  courier->reload(made_options());
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 2; }));
  EXPECT_TRUE(mx1.was_told("EHLO new.spec.test"));
}

// A busy connection knows the old options: it takes no more than it has.
TEST_F(CourierTest, ServesNewOptionsBehindTheTaskUnderWay) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.connections_per_hop = 1;
  session.pipelining = false;
  bool reloaded = false;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    if (line != "DATA" || std::exchange(reloaded, true)) return {};
    session.helo_name = "new.spec.test";
    loop.post([&] { courier->reload(made_options()); });
    return {};
  };
  submit({"x@d1.test"});
  submit({"y@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 2; }));
  EXPECT_TRUE(wait_until_spool_has(0));
  EXPECT_TRUE(mx1.was_told("EHLO new.spec.test"));
  EXPECT_EQ(mx1.connections, 2U);
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

// A connection that is on its way begins anew.
TEST_F(CourierTest, ServesNewOptionsToAConnectionThatIsComing) {
  auto& mx1 = server(1);
  mx("d1.test", {1, 2});
  name(2);
  options.connections_per_hop = 1;
  mx1.script.answer = [](const std::string& line) {
    return std::string(line == "EHLO mx.spec.test" ? kSilence : "");
  };
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.was_told("EHLO"); }));
  session.helo_name = "new.spec.test";
  courier->reload(made_options());
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 1; }));
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

// A server that takes only so many connections is used with so many, and no message suffers.
TEST_F(CourierTest, TakesAsManyConnectionsAsTheServerGives) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.connections_per_hop = 10;
  std::size_t refused = 0;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    if (!line.starts_with("EHLO") || mx1.open() <= 3) return {};
    ++refused;
    return "421 4.7.0 too many connections from you";
  };
  for (int i = 0; i < 200; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 200; }));
  EXPECT_TRUE(wait_until_spool_has(0));
  EXPECT_GT(refused, 0U);
  EXPECT_LT(refused, 50U);
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

// The one that is refused says nothing about the one that is still being greeted.
TEST_F(CourierTest, DefersNothingWhileAConnectionIsStillComing) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  bool refused = false;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    if (!line.starts_with("EHLO")) return {};
    // The other has a longer way: it is told to say HELO.
    if (std::exchange(refused, true)) return "502 5.5.1 what?";
    return "421 4.7.0 one connection is enough";
  };
  for (int i = 0; i < 20; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() + spool.progress().size() == 20; }));
  EXPECT_EQ(mx1.mails.size(), 20U);
  EXPECT_TRUE(refused);
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

// How often it failed is remembered when the next hop itself is forgotten.
TEST_F(CourierTest, LeavesADeadHostAloneLongerEachTime) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  mx1.script.greeting = "421 4.3.2 busy";
  options.first_rest = std::chrono::milliseconds(10);
  auto asked = read_clocks().mono;  // before the failure that the rest follows
  for (std::size_t i = 1; i <= 4; ++i) {
    TimePoint before;
    std::size_t answered = spool.progress().size();
    while (mx1.connections < i) {  // who comes too early hears what was heard
      before = read_clocks().mono;
      submit({"x@d1.test"});
      ASSERT_TRUE(wait_for_progress(++answered));
    }
    EXPECT_EQ(mx1.connections, i);
    if (i > 1) {
      EXPECT_GE(read_clocks().mono - asked, options.first_rest * (1 << (i - 2)));
    }
    asked = before;
  }
}

// "No mail here, ever" answers who asked; the next one asks again.
TEST_F(CourierTest, AsksAnewAfterARefusalForGood) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  mx1.script.greeting = "554 5.3.2 no mail here";
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"to=<x@d1.test>", "dsn=5.3.2"}));
  mx1.script.greeting = "220 mx.test ESMTP";
  submit({"y@d1.test"});
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 1; }));
}

TEST_F(CourierTest, AnIdleConnectionMakesRoomForAnotherNextHop) {
  auto& mx1 = server(1);
  auto& mx2 = server(2);
  mx("d1.test", {1});
  mx("d2.test", {2});
  options.connections = 1;
  options.idle_timeout = std::chrono::hours(1);
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  ASSERT_TRUE(wait_until_spool_has(0));
  EXPECT_EQ(mx1.open(), 1U);
  submit({"x@d2.test"});
  EXPECT_TRUE(wait_for([&] { return mx2.mails.size() == 1; }));
  EXPECT_TRUE(mx1.was_told("QUIT"));
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
}

// One next hop has all connections and always more to do.
TEST_F(CourierTest, ABusyNextHopSharesItsConnections) {
  auto& mx1 = server(1);
  auto& mx2 = server(2);
  mx("d1.test", {1});
  mx("d2.test", {2});
  mx("d3.test", {2});
  options.connections = 2;
  std::size_t given = 0;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    if (line == "." && ++given < 500) submit({"x@d1.test"});
    return {};
  };
  for (int i = 0; i < 20; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.open() == 2; }));
  submit({"x@d2.test"});
  submit({"x@d3.test"});
  ASSERT_TRUE(wait_for([&] { return mx2.mails.size() == 2; }));
  EXPECT_LT(given, 400U);
  EXPECT_TRUE(wait_until_spool_has(0));
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
  EXPECT_LE(mx1.most_at_once + mx2.most_at_once, 3U);
}

// The only connection its address may have is saying goodbye to a server that does not answer.
TEST_F(CourierTest, ComesBackLaterWhereAnAddressHasNoRoom) {
  auto& mx1 = server(1);
  auto table = std::make_shared<test::FakeTable>();
  table->set("d1.test", "esmtp:[127.0.3.1]:" + std::to_string(options.port));
  options.mailertable = table;
  options.connections_per_address = 1;
  mx1.script.answer = [](const std::string& line) {
    return std::string(line == "QUIT" ? kSilence : "");
  };
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.was_told("QUIT"); }));
  submit({"y@d1.test"});
  test::run_rounds(loop);
  EXPECT_EQ(mx1.connections, 1U);
  EXPECT_EQ(spool.messages().size(), 1U);
  EXPECT_EQ(log.count("stat=Deferred"), 0U);
  mx1.hang_up_on_all();
  EXPECT_TRUE(wait_for([&] {
    courier->run_queue();
    return mx1.mails.size() == 2;
  }));
}

TEST_F(CourierTest, BouncesNothingThatAnAddressWithoutRoomMayTake) {
  auto& mx1 = server(1);
  auto& mx2 = server(2);
  mx("d1.test", {2});
  mx("d2.test", {1, 2});
  options.connections_per_address = 1;
  mx1.script.greeting = "554 5.3.2 no mail here";
  mx2.script.answer = [](const std::string&) { return std::string(kSilence); };
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx2.was_told("EHLO"); }));
  submit({"y@d2.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.was_told("QUIT"); }));
  test::run_rounds(loop);
  EXPECT_EQ(log.count("stat=Service unavailable"), 0U);
  EXPECT_EQ(spool.messages().size(), 2U);
  // Now there is room.
  mx2.script.answer = nullptr;
  mx2.hang_up_on_all();
  EXPECT_TRUE(wait_for([&] {
    courier->run_queue();
    return mx2.mails.size() == 2;
  }));
}

}  // namespace
}  // namespace signet::deliver
