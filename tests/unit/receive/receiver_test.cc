// Sessions over real sockets: who is let in, what is stored, what the log says.
#include <netinet/in.h>
#include <sys/socket.h>

#include "signet/policy/best_mx.h"
#include "unit/receive/fixture.h"

namespace signet::receive {
namespace {

TEST_F(ReceiverTest, StoresAMessageAndHandsItOn) {
  auto caller = call_and_greet();
  const auto reply = send(*caller);
  ASSERT_EQ(taken.size(), 1U);
  const auto& message = *taken.front();
  EXPECT_EQ(reply, "250 2.0.0 " + message.envelope.id + " Message accepted for delivery");
  EXPECT_EQ(message.envelope.sender, "a@sender.test");
  const std::string content(message.content->in_memory());
  EXPECT_EQ(
      content.find("Received: from c.test (client.good.test [127.0.0.1])\r\n\tby mx.spec.test"),
      0U);
  EXPECT_NE(content.find("\r\n\tfor <u@mx.spec.test>"), std::string::npos);
  EXPECT_NE(content.find("\r\nMessage-Id: <"), std::string::npos);
  EXPECT_TRUE(content.ends_with("Subject: x\r\n\r\nhello\r\n"));
  EXPECT_EQ(log.line_with({"from="}),
            message.envelope.id + ": from=<a@sender.test>, size=21, class=0, nrcpts=1, msgid=" +
                message.envelope.message_id +
                ", proto=ESMTP, daemon=MTA, relay=client.good.test [127.0.0.1]");
  EXPECT_EQ(caller->ask("QUIT"), "221 2.0.0 mx.spec.test closing connection");
  EXPECT_TRUE(caller->hung_up_on());
  EXPECT_TRUE(wait_for_sessions(0));
}

TEST_F(ReceiverTest, SaysTheFinalReplyOnlyWhenTheSpoolHasIt) {
  auto caller = call_and_greet();
  spool.hold_commits();
  caller->ask("MAIL FROM:<a@sender.test>");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->ask("DATA");
  caller->say("Subject: x\r\n\r\nhello\r\n.\r\n");
  ASSERT_TRUE(test::run_until(loop, [&] { return spool.held() == 1; }));
  test::run_rounds(loop);
  EXPECT_TRUE(taken.empty());
  spool.release_commits();
  EXPECT_EQ(caller->hear().substr(0, 4), "250 ");
  EXPECT_EQ(taken.size(), 1U);
}

TEST_F(ReceiverTest, DefersWhatTheSpoolRefuses) {
  auto caller = call_and_greet();
  spool.fail_commits(Error{ErrorKind::temporary, "fdatasync: No space left on device", 28});
  EXPECT_EQ(send(*caller), "451 4.3.0 Temporary system failure. Please try again later.");
  EXPECT_TRUE(taken.empty());
  EXPECT_NE(log.line_with({"SYSERR(root): fdatasync: No space left on device"}), "");
  spool.fail_commits(std::nullopt);
  EXPECT_EQ(send(*caller).substr(0, 4), "250 ");
}

TEST_F(ReceiverTest, DeliversWhatWasStoredForAClientThatLeft) {
  auto caller = call_and_greet();
  spool.hold_commits();
  caller->ask("MAIL FROM:<a@sender.test>");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->ask("DATA");
  caller->say("Subject: x\r\n\r\nhello\r\n.\r\n");
  ASSERT_TRUE(test::run_until(loop, [&] { return spool.held() == 1; }));
  caller->hang_up();
  spool.release_commits();
  EXPECT_TRUE(test::run_until(loop, [&] { return taken.size() == 1; }));
  EXPECT_TRUE(wait_for_sessions(0));
  EXPECT_EQ(log.count("from=<a@sender.test>"), 1U);
}

TEST_F(ReceiverTest, ForgetsAnswersThatComeAfterItsEnd) {
  auto caller = call_and_greet();
  spool.hold_commits();
  caller->ask("MAIL FROM:<a@sender.test>");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->ask("DATA");
  caller->say("Subject: x\r\n\r\nhello\r\n.\r\n");
  ASSERT_TRUE(test::run_until(loop, [&] { return spool.held() == 1; }));
  acceptor.reset();
  receiver.reset();
  spool.release_commits();
  test::run_rounds(loop);
  EXPECT_TRUE(taken.empty());
  EXPECT_EQ(spool.messages().size(), 1U);  // the next life delivers it
}

TEST_F(ReceiverTest, RefusesUnknownUsers) {
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  EXPECT_EQ(caller->ask("RCPT TO:<nobody@mx.spec.test>"),
            "550 5.1.1 <nobody@mx.spec.test>... User unknown");
  EXPECT_NE(log.line_with({"<nobody@mx.spec.test>... User unknown"}), "");
  EXPECT_EQ(caller->ask("RCPT TO:<u@mx.spec.test>"), "250 2.1.5 <u@mx.spec.test>... Recipient ok");
}

TEST_F(ReceiverTest, TakesMailForVirtualUsersAsWhatTheyAre) {
  session.refuse_verify = false;
  options.site.virtual_domains = options.site.relay_domains = {"v.test"};
  virtusertable->set("one@v.test", "u");
  virtusertable->set("two@v.test", "u@mx.spec.test");
  virtusertable->set("far@v.test", "x@far.test");
  virtusertable->set("lost@v.test", "nobody");
  virtusertable->set("gone@v.test", "error:5.1.6:550 moved");
  virtusertable->set("odd@v.test", "@v.test");
  client_address = "127.0.0.2";
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  for (const std::string to :
       {"<one@v.test>", "<two@v.test>", "<far@v.test>", "<v@mx.spec.test>"}) {
    EXPECT_EQ(caller->ask("RCPT TO:" + to), "250 2.1.5 " + to + "... Recipient ok");
  }
  const std::pair<std::string, std::string> refusals[] = {
      {"<lost@v.test>", "550 5.1.1 <lost@v.test>... User unknown"},
      {"<else@v.test>", "550 5.1.1 <else@v.test>... User unknown"},
      {"<gone@v.test>", "550 5.1.6 <gone@v.test>... moved"},
      {"<odd@v.test>", "451 4.3.5 Local configuration error"}};
  for (const auto& [to, reply] : refusals) {
    EXPECT_EQ(caller->ask("RCPT TO:" + to), reply);
    EXPECT_NE(log.line_with({": " + reply.substr(10)}), "") << reply;
  }
  EXPECT_NE(log.line_with({"SYSERR(root): virtusertable:odd@v.test @v.test: no address"}), "");
  EXPECT_EQ(caller->ask("VRFY far@v.test"), "252 2.1.5 <x@far.test>");
  EXPECT_EQ(caller->ask("VRFY one@v.test"), "250 2.1.5 <u@mx.spec.test>");
  EXPECT_EQ(caller->ask("VRFY gone@v.test"), "550 5.1.6 gone@v.test... moved");
  caller->ask("DATA");
  EXPECT_EQ(caller->ask("Subject: x\r\n\r\nhello\r\n.").substr(0, 4), "250 ");
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0]->envelope.recipients,
            (std::vector<mail::Recipient>{{.address = "u", .origin = "one@v.test"},
                                          {.address = "x@far.test", .origin = "far@v.test"},
                                          {"v@mx.spec.test"}}));
}

TEST_F(ReceiverTest, PutsVirtualUsersOffWhileTheTableFails) {
  virtusertable->fail();
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  EXPECT_EQ(caller->ask("RCPT TO:<u@mx.spec.test>").substr(0, 9), "451 4.3.0");
  EXPECT_NE(log.line_with({"SYSERR(root): virtusertable: fake: cannot be read"}), "");
  EXPECT_EQ(caller->ask("RCPT TO:<x@far.test>").substr(0, 4), "250 ");
}

TEST_F(ReceiverTest, RefusesToRelayForStrangers) {
  client_address = "127.0.0.2";
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  EXPECT_EQ(caller->ask("RCPT TO:<x@other.test>"),
            "550 5.7.1 <x@other.test>... Relaying denied. IP name lookup failed [127.0.0.2]");
  EXPECT_NE(log.line_with({": ruleset=check_rcpt, arg1=<x@other.test>, relay=[127.0.0.2], "
                           "reject=550 5.7.1 <x@other.test>... Relaying denied."}),
            "");
  EXPECT_EQ(caller->ask("DATA").substr(0, 4), "503 ");
}

TEST_F(ReceiverTest, RefusesASenderDomainThatDoesNotExist) {
  auto caller = call_and_greet();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@nowhere.test>").substr(0, 9), "553 5.1.8");
  EXPECT_NE(log.line_with({"ruleset=check_mail, arg1=<a@nowhere.test>",
                           "relay=client.good.test [127.0.0.1], reject=553 5.1.8"}),
            "");
}

TEST_F(ReceiverTest, NeverRefusesForGoodWhatDnsDoesNotKnow) {
  resolver.fail("slow.test");
  auto caller = call_and_greet();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@slow.test>").substr(0, 9), "451 4.1.8");
}

TEST_F(ReceiverTest, WaitsForDnsNoLongerThanItsPatience) {
  auto caller = [&] {
    options.lookup_timeout = std::chrono::seconds(1);
    return call_and_greet();
  }();
  resolver.hold();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test>").substr(0, 9), "451 4.1.8");
  resolver.release();  // too late
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test>").substr(0, 9), "250 2.1.0");
}

TEST_F(ReceiverTest, GreetsAClientWhoseNameIsNotFound) {
  resolver.fail("127.0.0.1");
  auto caller = call();
  EXPECT_EQ(caller->ask("EHLO c.test").substr(0, 36), "250-mx.spec.test Hello [127.0.0.1], ");
}

TEST_F(ReceiverTest, MarksForgedNames) {
  resolver.forget_all();
  resolver.add_name("127.0.0.1", "liar.forged.test");
  resolver.add_address("liar.forged.test", "192.0.2.1");
  auto caller = call();
  EXPECT_NE(caller->ask("EHLO c.test").find("liar.forged.test [127.0.0.1] (may be forged)"),
            std::string::npos);
}

TEST_F(ReceiverTest, RefusesWhomTheAccessMapNames) {
  access->set("Connect:127.0.0.1", "REJECT");
  auto caller = call();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test>"), "550 5.7.1 Access denied");
  EXPECT_NE(log.line_with({"ruleset=check_relay, arg1=client.good.test, arg2=127.0.0.1, "
                           "relay=client.good.test [127.0.0.1], reject=550 5.7.1 Access denied"}),
            "");
}

TEST_F(ReceiverTest, TakesWhatIsToBeQuarantinedAndSaysWhy) {
  access->set("From:a@sender.test", "QUARANTINE:held msg");
  auto caller = call_and_greet();
  EXPECT_EQ(send(*caller).substr(0, 4), "250 ");
  EXPECT_NE(log.line_with({"ruleset=check_mail, arg1=<a@sender.test>", "quarantine=held msg"}), "");
  EXPECT_EQ(taken.at(0)->envelope.quarantine, "held msg");
  EXPECT_TRUE(taken.at(0)->held());
  // The next one of the session is another matter.
  EXPECT_EQ(caller->ask("MAIL FROM:<b@sender.test>").substr(0, 4), "250 ");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->ask("DATA");
  caller->ask("Subject: y\r\n\r\nhello\r\n.");
  EXPECT_FALSE(taken.at(1)->held());
}

TEST_F(ReceiverTest, QuarantinesEverythingOfAClientThatTheMapNames) {
  access->set("Connect:127.0.0.1", "QUARANTINE:odd client");
  auto caller = call_and_greet();
  EXPECT_NE(log.line_with({"ruleset=check_relay", "quarantine=odd client"}), "");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(send(*caller).substr(0, 4), "250 ");
    EXPECT_EQ(taken.at(i)->envelope.quarantine, "odd client");
  }
}

TEST_F(ReceiverTest, RefusesMailWhenTheDiskIsFull) {
  options.min_free_bytes = 1000;
  spool.set_room({.free_bytes = 1500, .failed = false});
  auto caller = call_and_greet();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test> SIZE=501"),
            "452 4.4.5 Insufficient disk space; try again later");
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test> SIZE=500").substr(0, 4), "250 ");
}

TEST_F(ReceiverTest, RefusesMailWhileTheSpoolIsBroken) {
  spool.set_room({.free_bytes = 1 << 30, .failed = true});
  auto caller = call_and_greet();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test>").substr(0, 4), "451 ");
}

TEST_F(ReceiverTest, RefusesLoopsAndHeadersThatAreTooLarge) {
  options.max_hops = 3;
  options.max_header_bytes = 2000;
  auto caller = call_and_greet();
  std::string hops;
  for (int i = 0; i < 4; ++i) hops += "Received: from x by y\r\n";
  EXPECT_EQ(send(*caller, "u@mx.spec.test", hops + "\r\nx\r\n"),
            "554 5.4.6 Too many hops 4 (3 max)");
  EXPECT_NE(log.line_with({"SYSERR(root): Too many hops 4 (3 max): from <a@sender.test> via "
                           "client.good.test, to <u@mx.spec.test>"}),
            "");
  const std::string wide = "X: " + std::string(900, 'x') + "\r\n";
  EXPECT_EQ(send(*caller, "u@mx.spec.test", wide + wide + wide + "\r\nx\r\n").substr(0, 9),
            "552 5.0.0");
  EXPECT_TRUE(taken.empty());
}

TEST_F(ReceiverTest, StopsReadingWhileTheDiskIsBehind) {
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->ask("DATA");
  spool.congest();
  caller->say("Subject: x\r\n\r\nhello\r\n");
  ASSERT_TRUE(test::run_until(loop, [&] { return spool.drafts() == 1; }));
  test::run_rounds(loop);
  caller->say(".\r\n");
  test::run_rounds(loop);
  EXPECT_TRUE(taken.empty());
  spool.relieve();
  EXPECT_EQ(caller->hear().substr(0, 4), "250 ");
}

TEST_F(ReceiverTest, ReadsOnAfterAMessageThatCameWhileTheDiskWasBehind) {
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->ask("DATA");
  spool.congest();
  caller->say("Subject: x\r\n\r\nhello\r\n.\r\n");  // the end is there already
  EXPECT_EQ(caller->hear().substr(0, 4), "250 ");
  EXPECT_EQ(caller->ask("NOOP").substr(0, 4), "250 ");
}

// More than is answered at once: the rest is answered when the replies have left.
TEST_F(ReceiverTest, AnswersABatchWhoseRepliesAreManyToItsEnd) {
  constexpr int kMany = 2000;
  auto caller = call_and_greet();
  std::string batch;
  for (int i = 0; i < kMany; ++i) batch += "HELP\n";
  caller->say(batch + "NOOP\n");
  for (int i = 0; i < kMany; ++i) ASSERT_EQ(caller->hear().substr(0, 4), "214-") << i;
  EXPECT_EQ(caller->hear(), "250 2.0.0 OK");
  EXPECT_EQ(caller->ask("NOOP"), "250 2.0.0 OK");
}

TEST_F(ReceiverTest, LogsTransactionsThatCameToNothing) {
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->hang_up();
  ASSERT_TRUE(wait_for_sessions(0));
  EXPECT_NE(
      log.line_with({"lost input channel from client.good.test [127.0.0.1] to MTA after rcpt"}),
      "");
  EXPECT_NE(log.line_with({"from=<a@sender.test>, size=0, class=0, nrcpts=1, proto=ESMTP"}), "");
  EXPECT_EQ(spool.drafts(), 0U);
}

TEST_F(ReceiverTest, LogsContentThatBrokeOff) {
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  caller->ask("RCPT TO:<u@mx.spec.test>");
  caller->ask("DATA");
  caller->say("Subject: x\r\n");
  caller->hang_up();
  ASSERT_TRUE(wait_for_sessions(0));
  EXPECT_NE(log.line_with({"collect: premature EOM: unexpected close"}), "");
  EXPECT_NE(log.line_with(
                {"collect: relay=client.good.test, from=<a@sender.test>, info=unexpected close"}),
            "");
  EXPECT_EQ(spool.drafts(), 0U);
  EXPECT_TRUE(spool.messages().empty());
}

TEST_F(ReceiverTest, LogsSessionsThatIssuedNothing) {
  auto caller = call_and_greet();
  caller->ask("QUIT");
  ASSERT_TRUE(wait_for_sessions(0));
  EXPECT_NE(log.line_with({"client.good.test [127.0.0.1] did not issue MAIL/EXPN/VRFY/ETRN during "
                           "connection to MTA"}),
            "");
}

TEST_F(ReceiverTest, RefusesClientsBeyondItsLimit) {
  options.max_sessions = 1;
  auto first = call();
  Caller second(loop, address);
  EXPECT_EQ(second.hear(), "421 4.3.2 Too many open connections.");
  EXPECT_TRUE(second.hung_up_on());
  EXPECT_NE(log.line_with({"ruleset=check_relay, arg1=[127.0.0.1], arg2=127.0.0.1, "
                           "relay=[127.0.0.1], reject=421 4.3.2 Too many open connections."}),
            "");
  first->ask("QUIT");
  ASSERT_TRUE(wait_for_sessions(0));
  call();
}

TEST_F(ReceiverTest, RefusesClientsWhoseFiltersWouldFindNoDescriptor) {
  MailFilter nobody;
  nobody.name = "nobody";
  nobody.path = "/nonexistent/filter";
  port.filters.assign(2, std::make_shared<const MailFilter>(nobody));
  options.max_descriptors = 5;
  auto first = call();
  Caller second(loop, address);
  EXPECT_EQ(second.hear(), "421 4.3.2 Too many open connections.");
  EXPECT_TRUE(second.hung_up_on());
  first->ask("QUIT");
  ASSERT_TRUE(wait_for_sessions(0));
  call();
}

TEST_F(ReceiverTest, RefusesClientsWhileTheLoadIsHigh) {
  double load = 7.9;
  options.refuse_load = 8;
  options.load_average = [&] { return load; };
  options.reject_log_interval = std::chrono::seconds(0);
  call();
  load = 8;
  for (int i = 0; i < 2; ++i) {
    Caller refused(loop, address);
    EXPECT_EQ(refused.hear(), "421 4.3.2 Too busy, come back later.");
    EXPECT_TRUE(refused.hung_up_on());
  }
  EXPECT_NE(log.line_with({"rejecting connections on daemon MTA: load average: 8"}), "");
  EXPECT_NE(log.line_with({"have been rejecting connections on daemon MTA for 00:00:"}), "");
}

TEST_F(ReceiverTest, RefusesClientsWhileMemoryIsShort) {
  bool is_short = false;
  options.is_short_of_memory = [&] { return is_short; };
  call();
  is_short = true;
  Caller second(loop, address);
  EXPECT_EQ(second.hear(), "421 4.3.2 Too busy, come back later.");
  EXPECT_TRUE(second.hung_up_on());
}

TEST_F(ReceiverTest, CommandsWaitASecondWhileTheLoadIsHigh) {
  double load = 3;
  options.delay_load = 4;
  options.load_average = [&] { return load; };
  auto caller = call_and_greet();
  const auto start = loop.now().mono;
  load = 4;
  EXPECT_EQ(caller->ask("NOOP"), "250 2.0.0 OK");
  EXPECT_GE(loop.now().mono - start, std::chrono::seconds(1));
}

TEST_F(ReceiverTest, LetsSessionsBeginOneASecond) {
  options.most_a_second = 1;
  const auto start = loop.now().mono;
  call();
  call();
  call();
  EXPECT_GT(loop.now().mono - start, std::chrono::seconds(1));
}

TEST_F(ReceiverTest, WaitsForBlockListsNoLongerThanTheyNeed) {
  using Arguments = std::vector<std::string>;
  for (const auto& zone : {"one.test", "two.test"}) {
    options.site.block_lists.push_back(*policy::BlockList::make("dnsbl", Arguments{zone, "", "t"}));
  }
  resolver.add_address("1.0.0.127.one.test", "127.0.0.2");
  resolver.fail("1.0.0.127.two.test");
  EXPECT_EQ(call_refused(), "550 5.7.1 Rejected: 127.0.0.1 listed at one.test");
  resolver.forget_all();
  resolver.fail("1.0.0.127.two.test");
  EXPECT_EQ(call_refused(), "451 4.4.3 Temporary lookup failure of 127.0.0.1 at two.test");
  EXPECT_NE(log.line_with({"dnsbl: two.test: no answer about 127.0.0.1"}), "");
}

TEST_F(ReceiverTest, AListThatNeverAnswersCostsItsTimeAndNoMore) {
  options.list_patience = std::chrono::seconds(0);
  options.site.accept_unresolvable_domains = true;
  options.site.delay_checks = policy::Delay::all;
  options.site.block_lists.push_back(
      *policy::BlockList::make("dnsbl", std::vector<std::string>{"one.test", "", "t"}));
  auto caller = call_and_greet();
  resolver.hold();
  EXPECT_EQ(caller->ask("MAIL FROM:<a@sender.test>").substr(0, 3), "250");
  EXPECT_EQ(caller->ask("RCPT TO:<u@mx.spec.test>"),
            "451 4.4.3 Temporary lookup failure of 127.0.0.1 at one.test");
  // The client leaves while it is asked for: nothing comes back to nobody.
  caller->ask("RSET");
  caller->say("MAIL FROM:<b@sender.test>\r\nRCPT TO:<u@mx.spec.test>\r\n");
  caller->hang_up();
  EXPECT_TRUE(wait_for_sessions(0));
  resolver.release();
  test::run_rounds(loop);
}

TEST_F(ReceiverTest, GivesOneLetterToARecipientNamedTwice) {
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  for (const auto* to : {"u@mx.spec.test", "u@MX.SPEC.TEST", "u@mx.spec.test", "<u>"}) {
    const std::string path = to[0] == '<' ? to : "<" + std::string(to) + ">";
    EXPECT_EQ(caller->ask("RCPT TO:" + path).substr(0, 3), "250") << path;
  }
  caller->ask("DATA");
  EXPECT_EQ(caller->ask("Subject: x\r\n\r\nhello\r\n.").substr(0, 3), "250");
  EXPECT_EQ(taken.front()->envelope.recipients.size(), 1U);
  EXPECT_EQ(taken.front()->envelope.recipients.front().address, "u@mx.spec.test");
  EXPECT_NE(log.line_with({"from=<a@sender.test>", "nrcpts=1,"}), "");
}

TEST_F(ReceiverTest, GivesOneLetterToAUserOfDomainsThatAreOursByMx) {
  auto hosts = std::make_shared<test::FakeTable>();
  for (const auto* domain : {"one.test", "two.test"}) hosts->set(domain, "mx.spec.test");
  options.site.best_mx = std::make_shared<policy::BestMx>(policy::BestMx{.hosts = hosts});
  auto caller = call_and_greet();
  caller->ask("MAIL FROM:<a@sender.test>");
  for (const auto* to : {"<u@one.test>", "<u@two.test>", "<u@mx.spec.test>", "<u@far.test>"}) {
    EXPECT_EQ(caller->ask("RCPT TO:" + std::string(to)).substr(0, 3), "250") << to;
  }
  caller->ask("DATA");
  EXPECT_EQ(caller->ask("Subject: x\r\n\r\nhello\r\n.").substr(0, 3), "250");
  ASSERT_EQ(taken.front()->envelope.recipients.size(), 2U);
  EXPECT_EQ(taken.front()->envelope.recipients[0].address, "u@one.test");
  EXPECT_EQ(taken.front()->envelope.recipients[1].address, "u@far.test");
}

// However long a refused client stays, the next one finds the place that became free.
TEST_F(ReceiverTest, GivesNoPlaceToARefusedClient) {
  options.max_sessions = 1;
  auto first = call();
  const Fd stays(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(stays.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  ASSERT_TRUE(
      test::run_until(loop, [&] { return !log.line_with({"Too many open connections"}).empty(); }));
  first->ask("QUIT");
  ASSERT_TRUE(first->hung_up_on());
  test::run_rounds(loop);
  call();
}

TEST_F(ReceiverTest, DrainsIdleSessionsAtOnceAndBusyOnesWhenTheyAreDone) {
  auto idle = call_and_greet();
  auto busy = call_and_greet();
  busy->ask("MAIL FROM:<a@sender.test>");
  busy->ask("RCPT TO:<u@mx.spec.test>");
  busy->ask("DATA");
  busy->say("Subject: x\r\n\r\n");
  bool drained = false;
  loop.post([&] { receiver->drain([&] { drained = true; }); });
  EXPECT_EQ(idle->hear().substr(0, 9), "421 4.3.2");
  EXPECT_FALSE(drained);
  EXPECT_EQ(busy->ask("hello\r\n.").substr(0, 4), "250 ");
  EXPECT_EQ(busy->hear().substr(0, 9), "421 4.3.2");
  EXPECT_TRUE(test::run_until(loop, [&] { return drained; }));
  EXPECT_EQ(taken.size(), 1U);
}

TEST_F(ReceiverTest, DrainsSessionsThatAreStillBeingLookedUp) {
  resolver.hold();
  open();
  Caller caller(loop, address);
  ASSERT_TRUE(wait_for_sessions(1));
  bool drained = false;
  loop.post([&] { receiver->drain([&] { drained = true; }); });
  EXPECT_TRUE(test::run_until(loop, [&] { return drained; }));
  resolver.release();
  test::run_rounds(loop);
}

TEST_F(ReceiverTest, EndsWithItsClientsInEveryState) {
  for (const int lines : {0, 1, 2, 3, 4}) {
    SCOPED_TRACE(lines);
    auto caller = call();
    const char* said[] = {"EHLO c.test", "MAIL FROM:<a@sender.test>", "RCPT TO:<u@mx.spec.test>",
                          "DATA"};
    for (int i = 0; i < lines; ++i) caller->ask(said[i]);
    caller->hang_up();
    EXPECT_TRUE(wait_for_sessions(0));
  }
}

}  // namespace
}  // namespace signet::receive
