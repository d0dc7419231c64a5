#include "signet/tls/session.h"

#include <malloc.h>

#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

class SessionTest : public testing::Test {
 protected:
  test::TestPki pki_;
  test::CertificateFiles own_ = pki_.issue();
  ContextPtr server_ = make(server_options(pki_, own_));
  ContextPtr client_ = make(client_options(pki_));
};

std::string some_text(std::size_t size) {
  std::string text(size, '\0');
  std::minstd_rand random{7};
  for (char& c : text) c = static_cast<char>(random() % 256);
  return text;
}

TEST_F(SessionTest, SpeaksTls13AndCarriesBytesBothWays) {
  Pair pair(server_, client_);
  ASSERT_TRUE(pair.shake_hands());
  pair.client.write("EHLO client\r\n");
  pair.server.write("250 server\r\n");
  EXPECT_EQ(pair.exchange(), Progress::want_more);
  EXPECT_EQ(pair.heard_by_server, "EHLO client\r\n");
  EXPECT_EQ(pair.heard_by_client, "250 server\r\n");
  for (const Session* session : {&pair.server, &pair.client}) {
    const Peer peer = session->peer();
    EXPECT_EQ(peer.version, "TLSv1.3");
    EXPECT_EQ(peer.cipher, "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ(peer.cipher_bits, 256);
    EXPECT_EQ(peer.algorithm_bits, 256);
    EXPECT_FALSE(peer.resumed);
  }
}

TEST_F(SessionTest, DoesTheSameHoweverTheBytesAreCut) {
  const std::string text = some_text(100'000);
  for (const bool old : {false, true}) {
    if (old) at_most_tls_1_2(client_);
    const auto run = [&](auto cut) {
      Pair pair(server_, client_);
      ASSERT_TRUE(pair.shake_hands(cut));
      EXPECT_EQ(pair.client.peer().version, old ? "TLSv1.2" : "TLSv1.3");
      EXPECT_TRUE(pair.client.peer().verified);
      pair.client.write(text);
      pair.server.write(text);
      EXPECT_EQ(pair.exchange(cut), Progress::want_more);
      EXPECT_EQ(pair.heard_by_server, text);
      EXPECT_EQ(pair.heard_by_client, text);
    };
    run(Whole{});
    run(OneByte{});
    run(RandomCuts{});
  }
}

TEST_F(SessionTest, GivesBytesThatCameWithTheLastMessageOfTheHandshake) {
  Pair pair(server_, client_);
  EXPECT_EQ(pair.client.handshake(), Progress::want_more);
  pair.server.feed(pair.client.output());
  pair.client.sent(pair.client.output().size());
  EXPECT_EQ(pair.server.handshake(), Progress::want_more);
  pair.client.feed(pair.server.output());
  pair.server.sent(pair.server.output().size());
  ASSERT_EQ(pair.client.handshake(), Progress::done);
  pair.client.write("EHLO at once\r\n");
  pair.server.feed(pair.client.output());
  ASSERT_EQ(pair.server.handshake(), Progress::done);
  EXPECT_EQ(pair.server.read(pair.heard_by_server), Progress::want_more);
  EXPECT_EQ(pair.heard_by_server, "EHLO at once\r\n");
}

TEST_F(SessionTest, SaysThatThePeerHasClosed) {
  Pair pair(server_, client_);
  ASSERT_TRUE(pair.shake_hands());
  pair.client.write("QUIT\r\n");
  pair.client.shut_down();
  pair.client.shut_down();  // once is enough
  pair.client.write("lost");
  EXPECT_EQ(pair.exchange(), Progress::closed);
  EXPECT_EQ(pair.heard_by_server, "QUIT\r\n");
  pair.server.write("221 bye\r\n");  // the other direction is still open
  pair.exchange();
  EXPECT_EQ(pair.heard_by_client, "221 bye\r\n");
}

TEST_F(SessionTest, TakesAnEndWithoutCloseForAFailure) {
  Pair pair(server_, client_);
  ASSERT_TRUE(pair.shake_hands());
  pair.server.feed_end();
  EXPECT_EQ(pair.server.read(pair.heard_by_server), Progress::failed);
  EXPECT_EQ(pair.server.failure().reason, "unexpected eof while reading");
}

TEST_F(SessionTest, NamesWhatIsNoTlsInSendmailsWords) {
  struct {
    const char* sent;
    const char* reason;
  } const cases[] = {
      {"NOOP\r\nNOOP\r\n", "wrong version number"},
      {"GET / HTTP/1.0\r\n\r\n", "http request"},
      {"\x16\x03\x01\xff\xff garbage", "packet length too long"},
  };
  for (const auto& one : cases) {
    Session session(server_, {});
    session.feed(one.sent);
    ASSERT_EQ(session.handshake(), Progress::failed);
    const Failure failure = session.failure();
    EXPECT_EQ(failure.reason, one.reason);
    EXPECT_EQ(failure.ssl_error, SSL_ERROR_SSL);
    ASSERT_EQ(failure.queue.size(), 1U);
    const std::string& line = failure.queue[0];
    EXPECT_TRUE(line.starts_with("error:0A0")) << line;
    const std::string middle = std::string(":SSL routines::") + one.reason + ":";
    EXPECT_EQ(line.find(middle), std::string("error:0A00010B").size()) << line;
    EXPECT_EQ(std::ranges::count(line, ':'), 7) << line;  // file and line follow
    // It stays so, and keeps its reason.
    session.feed("more");
    std::string heard;
    EXPECT_EQ(session.handshake(), Progress::failed);
    EXPECT_EQ(session.read(heard), Progress::failed);
    EXPECT_EQ(session.failure().reason, one.reason);
  }
}

TEST_F(SessionTest, NamesAnEndInMidHandshake) {
  Session session(server_, {});
  session.feed("\x16\x03\x01");
  ASSERT_EQ(session.handshake(), Progress::want_more);
  session.feed_end();
  ASSERT_EQ(session.handshake(), Progress::failed);
  EXPECT_EQ(session.failure().reason, "unexpected eof while reading");
}

TEST_F(SessionTest, SaysThatThePeerClosedInMidHandshake) {
  Session session(server_, {});
  session.feed(std::string_view("\x15\x03\x03\x00\x02\x01\x00", 7));  // alert: close_notify
  const Progress progress = session.handshake();
  EXPECT_TRUE(progress == Progress::closed || progress == Progress::failed);
  EXPECT_NE(session.failure().ssl_error, 0);
}

TEST_F(SessionTest, FailsWhenARecordWasChangedOnTheWay) {
  Pair pair(server_, client_);
  ASSERT_TRUE(pair.shake_hands());
  pair.client.write("MAIL FROM:<a@b>\r\n");
  std::string record(pair.client.output());
  record.back() = static_cast<char>(record.back() ^ 1);
  pair.server.feed(record);
  EXPECT_EQ(pair.server.read(pair.heard_by_server), Progress::failed);
  EXPECT_EQ(pair.server.failure().reason, "decryption failed or bad record mac");
  EXPECT_TRUE(pair.heard_by_server.empty());
  EXPECT_FALSE(pair.server.output().empty());  // the alert
}

TEST_F(SessionTest, LeavesNoErrorsToOtherSessionsOfItsThread) {
  Session bad(server_, {});
  bad.feed("this is not TLS");
  ASSERT_EQ(bad.handshake(), Progress::failed);
  bad.shut_down();
  SSL_CTX_set_cipher_list(client_->core().ssl.get(), "no such cipher");  // leaves an error behind
  SSL_CTX_set_cipher_list(client_->core().ssl.get(), "DEFAULT");
  Pair pair(server_, client_);
  EXPECT_TRUE(pair.shake_hands());
}

TEST_F(SessionTest, IsSmallWhileIdle) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's allocator does not count as malloc does";
#endif
  constexpr std::size_t kPairs = 50;
  constexpr std::size_t kMostBytes = 40 * 1024;  // a session, all in
  const auto connect = [&] {
    auto pair = std::make_unique<Pair>(server_, client_);
    EXPECT_TRUE(pair->shake_hands());
    pair->client.write(some_text(50'000));
    pair->exchange();
    std::string().swap(pair->heard_by_server);
    return pair;
  };
  std::vector<std::unique_ptr<Pair>> pairs;
  pairs.push_back(connect());  // what is made once
  const std::size_t before = mallinfo2().uordblks;
  while (pairs.size() <= kPairs) pairs.push_back(connect());
  const std::size_t each = (mallinfo2().uordblks - before) / (2 * kPairs);
  RecordProperty("bytes_per_idle_session", static_cast<int>(each));
  EXPECT_LT(each, kMostBytes);
}

}  // namespace
}  // namespace signet::tls
