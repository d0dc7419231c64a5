#include "signet/dns/resolver.h"

#include <gtest/gtest.h>

#include "support/fake_resolver.h"
#include "support/temporary_directory.h"
#include "support/test_dns.h"

namespace signet::dns {
namespace {

using test::TestDns;
using test::Trouble;

std::string shown(const IpAddress& ip) { return ip.to_string(); }
std::string shown(const std::string& name) { return name; }
std::string shown(const MxRecord& mx) { return std::to_string(mx.preference) + "/" + mx.host; }

// "yes a b", "no data", "no name", "temporary".
template <class T>
std::string shown(const Answer<T>& answer) {
  switch (answer.found) {
    case Found::no_data:
      return "no data";
    case Found::no_name:
      return "no name";
    case Found::temporary:
      return "temporary";
    case Found::yes:
      break;
  }
  std::vector<std::string> records;
  for (const auto& one : answer.records) records.push_back(shown(one));
  std::ranges::sort(records);
  std::string text = "yes";
  for (const auto& one : records) text += " " + one;
  return text;
}

class RealResolver : public testing::Test {
 protected:
  RealResolver() { make({}); }

  void make(ResolverOptions options) {
    options.server = dns_.server();
    if (options.hosts_file == "/etc/hosts") options.hosts_file = folder_ / "hosts";
    resolver_.reset();
    auto made = make_resolver(loop_, options);
    ASSERT_TRUE(made) << made.error().what;
    resolver_ = std::move(*made);
  }
  // Asks and runs the loop until the answer is there.
  template <class T, class Ask>
  std::string ask(Ask ask_it) {
    std::string text = "nothing";
    bool returned = false;
    const auto query = ask_it([&](Answer<T> answer) {
      EXPECT_TRUE(returned);
      text = shown(answer);
      detail_ = answer.detail;
      loop_.stop();
    });
    returned = true;
    loop_.run();
    return text;
  }
  std::string addresses(std::string_view name) {
    return ask<IpAddress>([&](auto done) { return resolver_->addresses(name, std::move(done)); });
  }
  std::string mx(std::string_view name) {
    return ask<MxRecord>([&](auto done) { return resolver_->mx(name, std::move(done)); });
  }
  std::string names(std::string_view ip) {
    return ask<std::string>(
        [&](auto done) { return resolver_->names(IpAddress::parse(ip).value(), std::move(done)); });
  }

  test::TemporaryDirectory folder_;
  TestDns dns_;
  loop::Loop loop_;
  std::unique_ptr<Resolver> resolver_;
  std::string detail_;
};

TEST_F(RealResolver, FindsAddressesMxAndNames) {
  dns_.add_address("mail.example", "192.0.2.1");
  dns_.add_address("mail.example", "2001:db8::1");
  dns_.add_address("four.example", "192.0.2.4");
  dns_.add_address("six.example", "2001:db8::6");
  dns_.add_cname("www.example", "mail.example");
  dns_.add_mx("example", 10, "mail.example");
  dns_.add_mx("example", 20, "Backup.Example");
  dns_.add_mx("null.example", 0, "");
  dns_.add_name("192.0.2.1", "mail.example");
  dns_.add_name("2001:db8::1", "mail.example");
  EXPECT_EQ(addresses("mail.example"), "yes 192.0.2.1 2001:db8::1");
  EXPECT_EQ(addresses("MAIL.example."), "yes 192.0.2.1 2001:db8::1");
  EXPECT_EQ(addresses("four.example"), "yes 192.0.2.4");
  EXPECT_EQ(addresses("six.example"), "yes 2001:db8::6");
  EXPECT_EQ(addresses("www.example"), "yes 192.0.2.1 2001:db8::1");
  EXPECT_EQ(mx("example"), "yes 10/mail.example 20/backup.example");
  EXPECT_EQ(mx("null.example"), "yes 0/");
  EXPECT_EQ(mx("mail.example"), "no data");
  EXPECT_EQ(names("192.0.2.1"), "yes mail.example");
  EXPECT_EQ(names("2001:db8::1"), "yes mail.example");
  EXPECT_EQ(names("192.0.2.2"), "no name");
}

// Names and networks that resolvers like to answer for themselves.
TEST_F(RealResolver, AsksTheServerForTestNamesAndPrivateAddresses) {
  dns_.add_address("mx.spec.test", "127.0.0.5");
  dns_.add_mx("spec.test", 5, "mx.spec.test");
  dns_.add_name("10.1.2.3", "ten.example");
  dns_.add_name("192.168.1.1", "router.example");
  EXPECT_EQ(addresses("mx.spec.test"), "yes 127.0.0.5");
  EXPECT_EQ(mx("spec.test"), "yes 5/mx.spec.test");
  EXPECT_EQ(names("10.1.2.3"), "yes ten.example");
  EXPECT_EQ(names("192.168.1.1"), "yes router.example");
}

TEST_F(RealResolver, TellsNoNameFromNoDataFromTrouble) {
  dns_.add_mx("example", 10, "mail.example");
  EXPECT_EQ(addresses("example"), "no data");
  EXPECT_EQ(addresses("none.example"), "no name");
  EXPECT_EQ(mx("none.example"), "no name");
  for (const auto trouble : {Trouble::servfail, Trouble::refused}) {
    dns_.make_trouble("example", trouble);
    EXPECT_EQ(mx("example"), "temporary");
    EXPECT_EQ(detail_, "SERVFAIL");
  }
}

TEST_F(RealResolver, KeepsTheOneFamilyWhenTheOtherFails) {
  make({.ipv6 = false});
  dns_.add_address("mail.example", "192.0.2.1");
  dns_.add_address("mail.example", "2001:db8::1");
  EXPECT_EQ(addresses("mail.example"), "yes 192.0.2.1");
}

TEST_F(RealResolver, AsksAgainByTcpWhenAnAnswerIsCut) {
  for (int i = 0; i < 60; ++i) {
    dns_.add_mx("example", 10, "a-rather-long-name-of-a-host" + std::to_string(i) + ".example");
  }
  dns_.make_trouble("example", Trouble::truncate);
  const auto answer = mx("example");
  EXPECT_EQ(std::ranges::count(answer, '/'), 60);
}

TEST_F(RealResolver, TakesNoHarmFromABadServer) {
  make({.patience = std::chrono::milliseconds(200)});
  dns_.add_mx("example", 10, "mail.example");
  for (const auto trouble : {Trouble::drop, Trouble::stall_tcp, Trouble::wrong_id, Trouble::garbage,
                             Trouble::cut_short, Trouble::endless_name}) {
    dns_.make_trouble("example", trouble);
    EXPECT_EQ(mx("example"), "temporary") << static_cast<int>(trouble);
  }
  EXPECT_NE(detail_, "");
}

TEST_F(RealResolver, AnswersTimeoutAndGoesOnAfterwards) {
  make({.patience = std::chrono::milliseconds(100)});
  dns_.add_address("mail.example", "192.0.2.1");
  dns_.make_trouble("", Trouble::drop);
  EXPECT_EQ(addresses("mail.example"), "temporary");
  EXPECT_EQ(detail_, "timeout");
  dns_.make_trouble("", Trouble::none);
  make({});
  EXPECT_EQ(addresses("mail.example"), "yes 192.0.2.1");
}

TEST_F(RealResolver, EndsAliasesThatGoRound) {
  dns_.add_cname("a.example", "b.example");
  dns_.add_cname("b.example", "a.example");
  dns_.add_cname("c.example", "none.example");
  EXPECT_NE(addresses("a.example").substr(0, 3), "yes");
  EXPECT_EQ(addresses("c.example"), "no name");
}

TEST_F(RealResolver, LeavesOddNamesOut) {
  dns_.add_name("192.0.2.1", "evil\r\nX-Header: 1.example");
  dns_.add_name("192.0.2.2", "a%sb.example");
  dns_.add_name("192.0.2.2", "good.example");
  EXPECT_EQ(names("192.0.2.1"), "no data");
  EXPECT_EQ(names("192.0.2.2"), "yes good.example");
}

TEST_F(RealResolver, DoesNotAskForWhatIsNoHostName) {
  for (const auto* name : {"", "a b", "a..b", "-%.example", "\xc3\xbc.example"}) {
    EXPECT_EQ(mx(name), "no name") << name;
    EXPECT_EQ(addresses(name), "no name") << name;
  }
  EXPECT_EQ(mx(std::string(64, 'a') + ".example"), "no name");
  EXPECT_TRUE(dns_.asked().empty());
}

TEST_F(RealResolver, KnowsLiteralsAndTheHostsFile) {
  folder_.write("hosts", "192.0.2.7 host.example\n::2 host.example\n");
  make({});
  EXPECT_EQ(addresses("host.example"), "yes 192.0.2.7 ::2");
  EXPECT_EQ(names("192.0.2.7"), "yes host.example");
  EXPECT_EQ(addresses("192.0.2.9"), "yes 192.0.2.9");
  EXPECT_EQ(addresses("localhost").find("yes 127.0.0.1"), 0U);
  EXPECT_TRUE(dns_.asked().empty());
  make({.ipv6 = false});
  EXPECT_EQ(addresses("host.example"), "yes 192.0.2.7");
}

TEST_F(RealResolver, NeverCallsWhenTheQueryIsGone) {
  dns_.add_address("mail.example", "192.0.2.1");
  dns_.make_trouble("slow.example", Trouble::drop);
  folder_.write("hosts", "192.0.2.7 host.example\n");
  make({});
  bool called = false;
  const auto note = [&](const Answer<IpAddress>&) { called = true; };
  for (const auto* name : {"mail.example", "slow.example", "host.example", "a b"}) {
    auto query = resolver_->addresses(name, note);
    query.reset();
  }
  EXPECT_EQ(addresses("mail.example"), "yes 192.0.2.1");
  EXPECT_FALSE(called);
}

TEST_F(RealResolver, LetsTheQueryGoInsideItsOwnAnswer) {
  dns_.add_address("mail.example", "192.0.2.1");
  std::unique_ptr<Query> query;
  const auto drop_it = [&](const Answer<IpAddress>& answer) {
    query.reset();
    EXPECT_EQ(shown(answer), "yes 192.0.2.1");
    loop_.stop();
  };
  for (const auto* name : {"mail.example", "192.0.2.1"}) {
    query = resolver_->addresses(name, drop_it);
    loop_.run();
    EXPECT_EQ(query, nullptr);
  }
}

TEST_F(RealResolver, AsksManyThingsAtOnce) {
  constexpr int kCount = 500;
  std::vector<std::unique_ptr<Query>> queries;
  int found = 0;
  int done = 0;
  for (int i = 0; i < kCount; ++i) {
    const std::string name = "host" + std::to_string(i) + ".example";
    dns_.add_address(name, "192.0.2.1");
    queries.push_back(resolver_->addresses(name, [&](const Answer<IpAddress>& answer) {
      found += answer.found == Found::yes ? 1 : 0;
      if (++done == kCount) loop_.stop();
    }));
  }
  loop_.run();
  EXPECT_EQ(found, kCount);
}

TEST(Resolver, RefusesAServerThatIsNoAddress) {
  loop::Loop loop;
  const auto made = make_resolver(loop, {.server = "nonsense"});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find("nonsense"), std::string::npos);
}

// The fake keeps the same promises.
TEST(FakeResolver, AnswersFromTheLoopAndNeverAfterTheQueryIsGone) {
  loop::Loop loop;
  test::FakeResolver fake(loop);
  fake.add_mx("Example", 10, "mail.example");
  fake.add_address("mail.example", "192.0.2.1");
  fake.fail("down.example");
  std::vector<std::string> answers;
  const auto note_mx = [&](const Answer<MxRecord>& answer) { answers.push_back(shown(answer)); };
  const auto one = fake.mx("example.", note_mx);
  const auto two = fake.mx("mail.example", note_mx);
  const auto three = fake.mx("none.example", note_mx);
  const auto four = fake.mx("down.example", note_mx);
  auto gone = fake.mx("example", note_mx);
  gone.reset();
  EXPECT_TRUE(answers.empty());
  loop.stop();
  loop.run();
  EXPECT_EQ(answers,
            (std::vector<std::string>{"yes 10/mail.example", "no data", "no name", "temporary"}));
  EXPECT_EQ(fake.asked().size(), 5U);
}

}  // namespace
}  // namespace signet::dns
