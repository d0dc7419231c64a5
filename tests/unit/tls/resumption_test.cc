// Sessions that continue an earlier one, and the cache they come from.
#include <ctime>
#include <thread>

#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

const SessionOptions kHost = {.server_name = "mx.test", .resumption_key = "mx.test 192.0.2.1"};

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

Resumable fresh() { return {.session = SslSession(SSL_SESSION_new()), .proven = kNow}; }

class Resumption : public testing::Test {
 protected:
  struct Seen {
    Peer client;
    Peer server;
  };
  Seen meet(const SessionOptions& options = kHost) {
    Pair pair(server_, client_, options);
    EXPECT_TRUE(pair.shake_hands());
    pair.server.write("250 ok\r\n");
    pair.exchange();
    EXPECT_EQ(pair.heard_by_client, "250 ok\r\n");
    return {pair.server.peer(), pair.client.peer()};
  }

  test::TestPki pki_;
  test::TestPki stranger_{{{"CN", "Other CA"}}};
  ContextPtr server_ = make(server_options(pki_, pki_.issue()));
  ContextPtr client_ = make(client_options(pki_, pki_.issue()));
};

TEST_F(Resumption, ContinuesASessionOfTheSameHost) {
  EXPECT_FALSE(meet().server.resumed);
  for (int i = 0; i < 3; ++i) {
    const auto seen = meet();
    EXPECT_TRUE(seen.server.resumed);
    EXPECT_TRUE(seen.client.resumed);
  }
}

TEST_F(Resumption, ContinuesTls12SessionsAgainAndAgain) {
  at_most_tls_1_2(client_);
  EXPECT_FALSE(meet().server.resumed);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(meet().server.resumed) << i;
}

TEST_F(Resumption, KeepsWhatWasVerified) {
  for (const bool old : {false, true}) {
    if (old) at_most_tls_1_2(client_);
    (void)meet({.server_name = {}, .resumption_key = old ? "old" : "new"});
    const auto seen = meet({.server_name = {}, .resumption_key = old ? "old" : "new"});
    ASSERT_TRUE(seen.client.resumed);
    EXPECT_TRUE(seen.client.verified);
    EXPECT_TRUE(seen.server.verified);
    EXPECT_EQ(seen.client.subject, "/CN=host.test");
    EXPECT_EQ(seen.client.issuer_cn, "Spec Test CA");
    EXPECT_FALSE(seen.client.fingerprint.empty());
  }
}

TEST_F(Resumption, KeepsAFailedVerificationToo) {
  server_ = make(server_options(pki_, stranger_.issue()));
  client_ = make(client_options(pki_, stranger_.issue()));
  for (const bool old : {false, true}) {
    if (old) at_most_tls_1_2(client_);
    const SessionOptions host{.server_name = {}, .resumption_key = old ? "old" : "new"};
    (void)meet(host);
    const auto seen = meet(host);
    ASSERT_TRUE(seen.client.resumed);
    for (const Peer& peer : {seen.client, seen.server}) {
      EXPECT_FALSE(peer.verified);
      EXPECT_EQ(peer.verify_message, "unable to get local issuer certificate");
    }
  }
}

TEST_F(Resumption, StartsAnewForAnotherHostAndWithoutAKey) {
  (void)meet();
  EXPECT_FALSE(meet({.server_name = {}, .resumption_key = "mx2.test 192.0.2.2"}).server.resumed);
  EXPECT_FALSE(meet({}).server.resumed);
  EXPECT_TRUE(meet().server.resumed);
}

TEST_F(Resumption, StartsAnewAfterAReload) {
  (void)meet();
  server_ = make(server_options(pki_, pki_.issue()));
  EXPECT_FALSE(meet().client.resumed);  // other ticket keys: nothing of the old judgement stays
  client_ = make(client_options(pki_));
  EXPECT_FALSE(meet().client.resumed);
}

TEST_F(Resumption, NoticesThatACertificateHasExpired) {
  const auto expired = pki_.issue({.ends = std::chrono::seconds(-60)});
  server_ = make(server_options(pki_, expired));
  client_ = make(client_options(pki_, expired));
  // It still was good when they met first.
  const auto then = std::time(nullptr) - 120;
  for (const auto& context : {server_, client_}) {
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context->core().ssl.get()), then);
  }
  for (const bool old : {false, true}) {
    if (old) at_most_tls_1_2(client_);
    const SessionOptions host{.server_name = {}, .resumption_key = old ? "old" : "new"};
    const auto first = meet(host);
    EXPECT_TRUE(first.client.verified && first.server.verified);
    const auto again = meet(host);
    ASSERT_TRUE(again.client.resumed);
    for (const Peer& peer : {again.client, again.server}) {
      EXPECT_FALSE(peer.verified);
      EXPECT_EQ(peer.verify_message, "certificate has expired");
    }
  }
}

TEST_F(Resumption, KeepsNoSessionWithHugeCertificates) {
  std::vector<std::string> names;
  for (int i = 0; i < 400; ++i) names.push_back("n" + std::to_string(i) + std::string(50, 'n'));
  server_ = make(server_options(pki_, pki_.issue({.dns_names = names})));
  for (const bool old : {false, true}) {
    if (old) at_most_tls_1_2(client_);
    EXPECT_TRUE(meet().server.verified);
    EXPECT_FALSE(meet().server.resumed);
  }
}

// A server that goes on handing out tickets is not believed for ever.
TEST_F(Resumption, JudgesAnewWhenTheFirstHandshakeIsLongAgo) {
  auto& cache = client_->core().sessions;
  const auto now = read_clocks().wall;
  for (const bool old : {false, true}) {
    if (old) at_most_tls_1_2(client_);
    const SessionOptions host{.server_name = {}, .resumption_key = old ? "old" : "new"};
    (void)meet(host);
    auto kept = cache.take(host.resumption_key, now);
    ASSERT_TRUE(kept.session);
    kept.proven = now - kSessionLife + std::chrono::minutes(1);
    cache.put(host.resumption_key, std::move(kept));
    ASSERT_TRUE(meet(host).client.resumed);
    // The ticket is new, what it stands for is not.
    EXPECT_FALSE(cache.take(host.resumption_key, now + std::chrono::minutes(1)).session);
    EXPECT_FALSE(meet(host).client.resumed);
    EXPECT_TRUE(meet(host).client.resumed);
  }
}

TEST_F(Resumption, SurvivesAConnectionThatBroke) {
  at_most_tls_1_2(client_);
  (void)meet();
  {
    Pair broken(server_, client_, kHost);
    EXPECT_TRUE(broken.shake_hands());
    EXPECT_TRUE(broken.client.peer().resumed);
  }  // no close_notify
  EXPECT_TRUE(meet().server.resumed);
}

TEST_F(Resumption, ServesManyThreadsAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kSessions = 20;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kSessions; ++k) {
        Pair pair(server_, client_, {.server_name = {}, .resumption_key = std::to_string(k % 5)});
        EXPECT_TRUE(pair.shake_hands());
        EXPECT_TRUE(pair.client.peer().verified);
        EXPECT_TRUE(pair.server.peer().verified);
      }
    });
  }
}

TEST(ResumptionCache, ForgetsTheOldestWhenFull) {
  constexpr int kMany = 10'000;
  ResumptionCache cache;
  for (int i = 0; i < kMany; ++i) cache.put(std::to_string(i), fresh());
  int kept = 0;
  for (int i = 0; i < kMany; ++i) kept += cache.take(std::to_string(i), kNow).session ? 1 : 0;
  EXPECT_GT(kept, 3000);
  EXPECT_LE(kept, 4096);
}

TEST(ResumptionCache, KeepsTheNewestOfAKeyAndGivesItOnce) {
  ResumptionCache cache;
  Resumable newer = fresh();
  const SSL_SESSION* wanted = newer.session.get();
  cache.put("a", fresh());
  cache.put("a", std::move(newer));
  EXPECT_EQ(cache.take("a", kNow).session.get(), wanted);
  EXPECT_EQ(cache.take("a", kNow).session, nullptr);
  EXPECT_EQ(cache.take("b", kNow).session, nullptr);
}

}  // namespace
}  // namespace signet::tls
