// Connections under TLS: both ends are ours, over real sockets, with real certificates.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "signet/net/connection.h"
#include "unit/net/peers.h"

namespace signet::net {
namespace {

using Notes = std::vector<std::string>;

class TlsConnection : public ::testing::Test {
 protected:
  // Both ends on the loop.
  void begin(ConnectionLimits limits = {}) {
    auto pair = make_tcp_pair();
    const int flags = fcntl(pair.far.get(), F_GETFL);
    ASSERT_EQ(fcntl(pair.far.get(), F_SETFL, flags | O_NONBLOCK), 0);
    server.connection = Connection::adopt(loop, std::move(pair.near), server, limits);
    client.connection = Connection::adopt(loop, std::move(pair.far), client);
  }
  // The client is a bare socket.
  void begin_with_bare_client() {
    auto pair = make_tcp_pair();
    bare.emplace(std::move(pair.far));
    server.connection = Connection::adopt(loop, std::move(pair.near), server);
  }
  void shake_hands() {
    server.connection->start_tls(ends.server, {});
    client.connection->start_tls(ends.client, {});
    ASSERT_TRUE(server.run_until("tls"));
    ASSERT_TRUE(client.run_until("tls"));
  }
  void settle() {
    int rounds = 0;
    server.run_while_not([&] { return ++rounds > 20; });
  }

  TlsEnds ends;
  loop::Loop loop;
  Recorder server{loop};
  Recorder client{loop};
  std::optional<FarEnd> bare;
};

TEST_F(TlsConnection, SpeaksBothWaysAfterTheHandshake) {
  begin();
  shake_hands();
  EXPECT_TRUE(server.connection->secured());
  EXPECT_EQ(server.facts.version, "TLSv1.3");
  EXPECT_EQ(server.facts.verify, mail::Verify::no);
  EXPECT_EQ(client.facts.verify, mail::Verify::ok);
  EXPECT_EQ(client.facts.cn_subject, "mx.test");
  EXPECT_EQ(client.facts.cert_issuer, "/O=Spec+20Org/CN=Spec+20Test+20CA");
  EXPECT_EQ(client.facts.cipher_bits, 256);
  EXPECT_EQ(client.facts.algorithm_bits, 256);
  client.connection->write("EHLO a\r\n");
  ASSERT_TRUE(server.run_until("input:EHLO a"));
  server.connection->write("250 b\r\n");
  ASSERT_TRUE(client.run_until("input:250 b"));
}

TEST_F(TlsConnection, SaysThe220InTheClearBeforeTheHandshake) {
  begin();
  server.connection->write("220 go ahead\r\n");
  server.connection->start_tls(ends.server, {});
  EXPECT_FALSE(server.connection->secured());
  client.on_note = [&](const std::string& note) {
    if (note == "input:220 go ahead\r\n") client.connection->start_tls(ends.client, {});
  };
  ASSERT_TRUE(client.run_until("tls"));
  ASSERT_TRUE(server.run_until("tls"));
}

// RFC 3207 §4.2 and §6: command and response injection.
TEST_F(TlsConnection, ThrowsAwayPlaintextBehindStarttlsAndSaysHowMuch) {
  begin();
  server.consumes = false;
  client.connection->write("STARTTLS\r\nNOOP\r\n");
  ASSERT_TRUE(server.run_until("input"));
  server.connection->consume(10);
  server.notes.clear();
  shake_hands();
  EXPECT_EQ(server.connection->discarded(), 6U);
  EXPECT_EQ(client.connection->discarded(), 0U);
  EXPECT_EQ(server.connection->input(), "");
  settle();
  EXPECT_EQ(server.notes, Notes{"tls"});
}

TEST_F(TlsConnection, FailsWhenPlaintextComesInPlaceOfAHandshake) {
  begin_with_bare_client();
  server.connection->start_tls(ends.server, {});
  bare->say("EHLO this is not TLS\r\n");
  ASSERT_TRUE(server.run_until("tls-failed"));
  EXPECT_EQ(server.failure->reason, "wrong version number");
  EXPECT_EQ(server.failure->ssl_error, 1);
  EXPECT_FALSE(server.failure->queue.empty());
  EXPECT_EQ(bare->hear_to_end(), "") << "no alert for who does not speak TLS";
  bare->close();
  ASSERT_TRUE(server.run_until("end"));
  EXPECT_EQ(server.notes.size(), 2U);
  EXPECT_EQ(server.notes.back(), "end");
  EXPECT_FALSE(server.connection->secured());
}

TEST_F(TlsConnection, SendsTheAlertWhenTheHandshakeFails) {
  begin_with_bare_client();
  server.connection->start_tls(ends.server, {});
  bare->say(std::string("\x16\x03\x01\x00\x05hello", 10));
  ASSERT_TRUE(server.run_until("tls-failed"));
  EXPECT_EQ(server.failure->reason, "unexpected message");
  settle();
  const std::string alert = bare->hear_to_end();
  EXPECT_TRUE(alert.starts_with('\x15')) << "a record with an alert";
  EXPECT_TRUE(alert.ends_with("\x02\x0a")) << "fatal, unexpected_message";
  bare->close();
  ASSERT_TRUE(server.run_until("end"));
}

TEST_F(TlsConnection, FailsWithOpenSslsWordsWhenThePeerLeavesInTheHandshake) {
  struct Case {
    const char* name;
    bool reset;
  };
  for (const Case one : {Case{"closed", false}, Case{"reset", true}}) {
    SCOPED_TRACE(one.name);
    server.notes.clear();
    begin_with_bare_client();
    server.connection->start_tls(ends.server, {});
    bare->say(std::string("\x16\x03\x01\x00", 4));  // the beginning of a record
    settle();
    EXPECT_EQ(server.notes, Notes{});
    if (one.reset) {
      bare->reset();
    } else {
      bare->close();
    }
    ASSERT_TRUE(server.run_until("tls-failed"));
    EXPECT_EQ(server.failure->reason, "unexpected eof while reading");
    EXPECT_EQ(server.failure->ssl_error, 1);
    ASSERT_TRUE(server.run_until("end"));
  }
}

TEST_F(TlsConnection, CanBeClosedWhenTheHandshakeStalls) {
  begin_with_bare_client();
  server.connection->start_tls(ends.server, {});
  settle();
  server.connection->write("nothing may be said before TLS stands");
  server.connection->close(Duration(0));
  ASSERT_TRUE(server.run_until("end"));
  EXPECT_EQ(server.notes, Notes{"end"});
  server.connection.reset();
  EXPECT_EQ(bare->hear_to_end(), "");
}

// The client of such a port speaks before we know who it is.
TEST_F(TlsConnection, TakesWhatCameEarlyForCiphertextOnATlsPort) {
  begin();
  client.connection->start_tls(ends.client, {});
  server.consumes = false;
  ASSERT_TRUE(server.run_until("input"));  // ClientHello, while the owner asks DNS
  server.notes.clear();
  server.connection->start_implicit_tls(ends.server, {});
  ASSERT_TRUE(server.run_until("tls"));
  ASSERT_TRUE(client.run_until("tls"));
  EXPECT_EQ(server.connection->discarded(), 0U);
  EXPECT_EQ(server.notes, Notes{"tls"});
}

TEST_F(TlsConnection, TellsWhatCameWithTheLastMessageOfTheHandshake) {
  begin();
  client.on_note = [&](const std::string& note) {
    if (note == "tls") client.connection->write("EHLO early\r\n");
  };
  server.connection->start_tls(ends.server, {});
  client.connection->start_tls(ends.client, {});
  ASSERT_TRUE(server.run_until("input"));
  EXPECT_EQ(server.notes, (Notes{"tls", "input:EHLO early\r\n"}));
}

TEST_F(TlsConnection, CarriesMuchBothWays) {
  begin();
  shake_hands();
  const std::string much(3'000'000, 'm');
  client.connection->write(much);
  server.connection->write(much);
  ASSERT_TRUE(server.run_while_not(
      [&] { return server.input.size() == much.size() && client.input.size() == much.size(); }));
  EXPECT_EQ(server.connection->unsent(), 0U);
}

TEST_F(TlsConnection, ReadsLittleMoreThanItsLimit) {
  begin({.input_bytes = 1000});
  shake_hands();
  server.consumes = false;
  client.connection->write(std::string(500'000, 'x'));
  ASSERT_TRUE(server.run_until("input"));
  settle();
  EXPECT_GE(server.connection->input().size(), 1000U);
  EXPECT_LE(server.connection->input().size(), 1000U + 16'384U) << "a record at most";
}

TEST_F(TlsConnection, AnswersAndEndsWhenThePeerSaysItIsDone) {
  begin();
  shake_hands();
  server.on_note = [&](const std::string& note) {
    if (note == "input:QUIT\r\n") {
      server.connection->write("221 bye\r\n");
      server.connection->close();
    }
  };
  client.connection->write("QUIT\r\n");
  ASSERT_TRUE(client.run_until("end"));
  EXPECT_EQ(client.input, "221 bye\r\n");
  client.connection.reset();
  ASSERT_TRUE(server.run_until("end"));
  EXPECT_EQ(server.notes.back(), "end");
}

TEST_F(TlsConnection, SendsItsLastWordsBehindThePeersCloseNotify) {
  begin();
  shake_hands();
  server.on_note = [&](const std::string& note) {
    if (note == "input:QUIT\r\n") server.connection->write("221 bye\r\n");
  };
  client.connection->write("QUIT\r\n");
  client.connection->close();  // close_notify in the same segment
  ASSERT_TRUE(server.run_until("end"));
  EXPECT_EQ(server.notes, (Notes{"tls", "input:QUIT\r\n", "drained", "end"}));
}

TEST_F(TlsConnection, BreaksOnARecordThatWasTamperedWith) {
  auto pair = make_tcp_pair();
  const int raw = dup(pair.far.get());
  ASSERT_EQ(fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) | O_NONBLOCK), 0);
  const FarEnd beside{Fd(raw)};
  server.connection = Connection::adopt(loop, std::move(pair.near), server);
  client.connection = Connection::adopt(loop, std::move(pair.far), client);
  shake_hands();
  std::string record("\x17\x03\x03\x00\x20", 5);
  record.append(32, 'z');
  beside.say(record);
  ASSERT_TRUE(server.run_until("end"));
  ASSERT_TRUE(server.error);
  EXPECT_TRUE(server.error->what.starts_with("TLS: ")) << server.error->what;
  ASSERT_TRUE(client.run_until("end"));
  EXPECT_TRUE(client.error) << "heard the alert";
}

TEST_F(TlsConnection, MayBeDestroyedInEveryCall) {
  for (const char* when : {"tls", "input", "end", "tls-failed"}) {
    SCOPED_TRACE(when);
    server.notes.clear();
    client.notes.clear();
    begin();
    server.on_note = [&](const std::string& note) {
      if (note.starts_with(when)) server.connection.reset();
    };
    client.on_note = [&](const std::string& note) {
      if (note == "tls") {
        client.connection->write("hello");
        client.connection->close();
      }
    };
    server.connection->start_tls(ends.server, {});
    if (when == std::string("tls-failed")) {
      client.connection->write("not a handshake at all\r\n");
    } else {
      client.connection->start_tls(ends.client, {});
    }
    EXPECT_TRUE(server.run_until(when));
    const auto notes = server.notes.size();
    settle();
    EXPECT_EQ(server.notes.size(), notes) << "silent when destroyed";
  }
}

TEST_F(TlsConnection, TellsAboutACertificateOfTheClient) {
  const auto files = ends.pki.issue({.subject = {{"CN", "gr\xC3\xBCn.test"}}});
  ends.client = ends.make(tls::Role::client, &files, ends.pki.ca_file());
  begin();
  shake_hands();
  EXPECT_EQ(server.facts.verify, mail::Verify::ok);
  EXPECT_EQ(server.facts.cn_subject, "gr+C3+BCn.test");
  EXPECT_EQ(server.facts.cert_subject, "/CN=gr+5CxC3+5CxBCn.test");
}

TEST_F(TlsConnection, DoesNotStartTlsOnAConnectionThatHasEnded) {
  begin_with_bare_client();
  bare->close();
  server.on_note = [&](const std::string& note) {
    if (note == "end") server.connection->start_tls(ends.server, {});
  };
  ASSERT_TRUE(server.run_until("end"));
  settle();
  EXPECT_EQ(server.notes, Notes{"end"});
}

}  // namespace
}  // namespace signet::net
