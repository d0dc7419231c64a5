// Plain connections over real sockets of the loopback interface.
#include "signet/net/connection.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "signet/net/listener.h"
#include "support/temporary_directory.h"
#include "unit/net/peers.h"

namespace signet::net {
namespace {

const IpAddress kLoopback = *IpAddress::parse("127.0.0.1");

using Notes = std::vector<std::string>;

// From now on the kernel keeps so much for this socket, and no more.
void fix_buffer(const Fd& socket, int which) {
  const int bytes = 16 * 1024;
  ASSERT_EQ(setsockopt(socket.get(), SOL_SOCKET, which, &bytes, sizeof bytes), 0);
}

class PlainConnection : public ::testing::Test {
 protected:
  void begin(ConnectionLimits limits = {}) { begin(limits, make_tcp_pair()); }
  void begin(ConnectionLimits limits, TcpPair pair) {
    far.emplace(std::move(pair.far));
    near.connection = Connection::adopt(loop, std::move(pair.near), near, limits);
  }
  // Runs what is ready now, some rounds of it.
  void settle() {
    int rounds = 0;
    near.run_while_not([&] { return ++rounds > 20; });
  }

  loop::Loop loop;
  Recorder near{loop};
  std::optional<FarEnd> far;
};

TEST_F(PlainConnection, HandsOverWhatComesAndSendsWhatIsSaid) {
  begin();
  far->say("EHLO a\r\n");
  ASSERT_TRUE(near.run_until("input"));
  EXPECT_EQ(near.input, "EHLO a\r\n");
  near.connection->write("250-b\r\n");
  near.connection->write("250 HELP\r\n");
  EXPECT_EQ(near.connection->unsent(), 17U);
  ASSERT_TRUE(near.run_until("drained"));
  EXPECT_EQ(near.connection->unsent(), 0U);
  EXPECT_EQ(far->hear(17), "250-b\r\n250 HELP\r\n");
  EXPECT_FALSE(near.connection->secured());
}

TEST_F(PlainConnection, SendsAllThatWasSaidInARoundWithOneWrite) {
  begin();
  near.connection->write("250 one\r\n");
  near.connection->write("250 two\r\n");
  ASSERT_TRUE(near.run_until("drained"));
  std::string heard(100, '\0');
  const auto got = recv(far->fd(), heard.data(), heard.size(), 0);
  EXPECT_EQ(got, 18);
  EXPECT_EQ(near.notes, Notes{"drained"});
}

// Said before the connection stands.
TEST(OutgoingConnection, SendsWhatWasSaidWhileConnecting) {
  loop::Loop loop;
  auto listening = open_listener({.address = {kLoopback, 0}});
  ASSERT_TRUE(listening);
  const auto where = *bound_address(listening->get());
  Recorder near(loop);
  loop::Timer start(loop, [&] {
    near.connection = Connection::connect(loop, where, {}, near);
    near.connection->write("hello\r\n");
  });
  start.arm_in(std::chrono::milliseconds(1));
  ASSERT_TRUE(near.run_until("connected"));
  EXPECT_TRUE(near.run_until("drained"));
  EXPECT_EQ(near.connection->unsent(), 0U);
}

// Who has talked before it is turned away hears why.
TEST(OutgoingConnection, GoesToAUnixSocketToo) {
  const test::TemporaryDirectory directory;
  const auto path = (directory.path() / "socket").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Fd listening(socket(AF_UNIX, SOCK_STREAM, 0));
  loop::Loop loop;
  Recorder early(loop);
  early.connection = Connection::connect_unix(loop, path, early);
  ASSERT_TRUE(early.run_until("end"));
  EXPECT_EQ(early.notes, Notes{"end:No such file or directory"});
  ASSERT_EQ(bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listening.get(), 1), 0);
  Recorder near(loop);
  near.connection = Connection::connect_unix(loop, path, near);
  near.connection->write("hello");
  ASSERT_TRUE(near.run_until("drained"));
  const FarEnd far(Fd(accept(listening.get(), nullptr, nullptr)));
  EXPECT_EQ(far.hear(5), "hello");
  Recorder lost(loop);
  lost.connection = Connection::connect_unix(loop, std::string(200, 'x'), lost);
  ASSERT_TRUE(lost.run_until("end"));
  EXPECT_EQ(lost.notes, Notes{"end:File name too long"});
}

TEST(LastWords, ReachWhoHasTalked) {
  loop::Loop loop;
  Recorder near(loop);
  auto pair = make_tcp_pair();
  const FarEnd far(std::move(pair.far));
  far.say("EHLO a\r\n");
  near.on_note = [&](const std::string& note) {
    if (note == "end") near.connection.reset();
  };
  loop::Timer start(loop, [&] {
    near.connection = Connection::adopt(loop, std::move(pair.near), near);
    near.connection->write("421 4.3.2 busy\r\n");
    near.connection->close(Duration(0));
  });
  start.arm_in(std::chrono::milliseconds(1));
  near.run_until("end");
  std::string heard(100, '\0');
  const auto got = recv(far.fd(), heard.data(), heard.size(), 0);
  EXPECT_EQ(got, 16) << strerror(errno);
}

TEST_F(PlainConnection, KeepsWhatIsNotConsumed) {
  begin();
  near.consumes = false;
  far->say("MAIL");
  ASSERT_TRUE(near.run_until("input:MAIL"));
  near.connection->consume(2);
  EXPECT_EQ(near.connection->input(), "IL");
  far->say(" FROM");
  ASSERT_TRUE(near.run_until("input:IL FROM"));
}

TEST_F(PlainConnection, ReadsNoMoreThanItsLimit) {
  begin({.input_bytes = 1000});
  near.consumes = false;
  const std::string much(5000, 'x');
  far->say(much);
  ASSERT_TRUE(near.run_until("input"));
  settle();
  EXPECT_EQ(near.connection->input().size(), 1000U);
  near.connection->consume(400);
  ASSERT_TRUE(near.run_while_not([&] { return near.connection->input().size() == 1000; }));
  near.consumes = true;
  near.connection->consume(1000);
  ASSERT_TRUE(near.run_while_not([&] { return near.input.size() == 5000 - 1400; }));
}

TEST_F(PlainConnection, ReadsNothingWhilePausedNotEvenTheEnd) {
  begin();
  near.connection->pause_input(true);
  far->say("later");
  far->stop_talking();
  settle();
  EXPECT_EQ(near.notes, Notes{});
  near.connection->pause_input(false);
  ASSERT_TRUE(near.run_until("end"));
  EXPECT_EQ(near.notes, (Notes{"input:later", "end"}));
}

TEST_F(PlainConnection, StopsReadingFromAPeerThatAsksAndDoesNotListen) {
  auto pair = make_tcp_pair();
  // Else the kernel makes room for more while it looks as if nothing could be sent.
  fix_buffer(pair.near, SO_SNDBUF);
  fix_buffer(pair.far, SO_RCVBUF);
  begin({.output_bytes = 50'000}, std::move(pair));
  near.on_note = [&](const std::string& note) {
    if (note.starts_with("input")) near.connection->write(std::string(300'000, 'r'));
  };
  far->say("?");
  ASSERT_TRUE(near.run_until("input"));
  settle();
  ASSERT_GE(near.connection->unsent(), 50'000U);
  const std::size_t notes = near.notes.size();
  far->say("????");
  settle();
  EXPECT_EQ(near.notes.size(), notes) << "nothing is read";
  EXPECT_LT(near.connection->unsent(), 300'000U);
  // It listens again, and is heard again.
  ASSERT_TRUE(near.run_while_not([&] {
    std::string heard(1 << 20, '\0');
    (void)recv(far->fd(), heard.data(), heard.size(), MSG_DONTWAIT);
    return near.notes.size() > notes;
  }));
}

TEST_F(PlainConnection, TellsTheEndOfThePeer) {
  begin();
  far->close();
  ASSERT_TRUE(near.run_until("end"));
  EXPECT_EQ(near.notes, Notes{"end"});
}

TEST_F(PlainConnection, TellsAResetWithItsCode) {
  begin();
  far->reset();
  ASSERT_TRUE(near.run_until("end"));
  ASSERT_TRUE(near.error);
  EXPECT_EQ(near.error->system_code, ECONNRESET);
  EXPECT_EQ(near.error->kind, ErrorKind::temporary);
}

TEST_F(PlainConnection, AnswersAPeerThatHasStoppedTalking) {
  begin();
  near.on_note = [&](const std::string& note) {
    if (note == "input:QUIT\r\n") near.connection->write("221 bye\r\n");
  };
  far->say("QUIT\r\n");
  far->stop_talking();
  ASSERT_TRUE(near.run_until("end"));
  EXPECT_EQ(near.notes, (Notes{"input:QUIT\r\n", "drained", "end"}));
  near.connection.reset();
  EXPECT_EQ(far->hear_to_end(), "221 bye\r\n");
}

TEST_F(PlainConnection, SendsALongAnswerToTheLastByteToAPeerThatHasStoppedTalking) {
  begin();
  const std::string answer(8'000'000, 'a');
  near.on_note = [&](const std::string& note) {
    if (note == "input:?") near.connection->write(answer);
  };
  far->say("?");
  far->stop_talking();
  std::string heard;
  ASSERT_TRUE(near.run_while_not([&] {
    std::string chunk(1 << 16, '\0');
    const auto got = recv(far->fd(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got > 0) heard.append(chunk, 0, static_cast<std::size_t>(got));
    return heard.size() == answer.size() && near.was_told("end");
  }));
}

// A server that refuses in the middle of content says why and closes; our next write fails first.
TEST_F(PlainConnection, HearsThePeersLastWordsBeforeItsReset) {
  begin();
  near.connection->pause_input(true);
  far->say("552 too big\r\n");
  near.connection->write("unread content");
  ASSERT_TRUE(near.run_until("drained"));
  far->close();  // with unread content: resets
  near.connection->write("more content");
  settle();
  near.connection->write("and more");
  ASSERT_TRUE(near.run_until("end"));
  EXPECT_EQ(near.input, "552 too big\r\n");
  ASSERT_TRUE(near.error);
  EXPECT_TRUE(near.error->system_code == EPIPE || near.error->system_code == ECONNRESET);
}

TEST_F(PlainConnection, ClosesWhenItsLastWordsHaveLeftAndThePeerIsGone) {
  begin();
  near.connection->write("221 bye\r\n");
  near.connection->close();
  near.connection->write("nobody hears this");
  settle();
  EXPECT_FALSE(near.was_told("end")) << "waits for the peer";
  EXPECT_EQ(far->hear_to_end(), "221 bye\r\n");
  far->say("what still comes is thrown away");
  settle();
  EXPECT_EQ(near.notes, Notes{});
  far->close();
  ASSERT_TRUE(near.run_until("end"));
  EXPECT_EQ(near.notes, Notes{"end"});
}

TEST_F(PlainConnection, ClosesAtOnceWhenThePeerIsKnownToBeSilent) {
  begin();
  near.connection->write("QUIT\r\n");
  near.connection->close(Duration(0));
  ASSERT_TRUE(near.run_until("end"));
  near.connection.reset();
  EXPECT_EQ(far->hear_to_end(), "QUIT\r\n");
}

TEST_F(PlainConnection, DoesNotLingerLongerThanAsked) {
  begin();
  const TimePoint start = loop.now().mono;
  near.connection->close(std::chrono::milliseconds(1));
  ASSERT_TRUE(near.run_until("end"));  // the peer never closes
  EXPECT_EQ(near.notes, Notes{"end"});
  EXPECT_LT(loop.now().mono - start, kLinger);
}

TEST_F(PlainConnection, TellsNothingFromInsideACallOfItsOwner) {
  begin();
  far->say("x");
  far->close();
  near.connection->write("y");
  near.connection->consume(0);
  near.connection->pause_input(false);
  near.connection->close();
  EXPECT_EQ(near.notes, Notes{});
}

TEST_F(PlainConnection, MayBeDestroyedInEveryCall) {
  for (const char* when : {"input", "drained", "end"}) {
    SCOPED_TRACE(when);
    near.notes.clear();
    begin();
    near.on_note = [&](const std::string& note) {
      if (note.starts_with(when)) near.connection.reset();
    };
    near.connection->write("hello");
    far->say("x");
    far->stop_talking();
    EXPECT_TRUE(near.run_until(when));
    const auto notes = near.notes.size();
    settle();
    EXPECT_EQ(near.notes.size(), notes) << "silent when destroyed";
  }
}

TEST_F(PlainConnection, IsSilentWhenDestroyedOutsideItsCalls) {
  begin();
  near.connection->write("never sent");
  near.connection->close();
  near.connection.reset();
  settle();
  EXPECT_EQ(near.notes, Notes{});
  EXPECT_EQ(far->hear_to_end(), "");
}

TEST_F(PlainConnection, GivesItsLocalAddress) {
  begin();
  EXPECT_EQ(near.connection->local_address().ip, kLoopback);
  EXPECT_NE(near.connection->local_address().port, 0);
}

struct Family {
  const char* name;
  const char* address;
};

TEST(OutgoingConnection, ConnectsFromAGivenAddress) {
  for (const Family family : {Family{"IPv4", "127.0.0.1"}, Family{"IPv6", "::1"}}) {
    SCOPED_TRACE(family.name);
    const IpAddress ip = *IpAddress::parse(family.address);
    const auto listening = open_listener({.address = {ip, 0}});
    if (!listening && ip.is_v6()) {
      GTEST_LOG_(WARNING) << "no IPv6 here: " << listening.error().what;
      continue;
    }
    ASSERT_TRUE(listening);
    loop::Loop loop;
    Recorder near(loop);
    near.connection =
        Connection::connect(loop, *bound_address(listening->get()), {.from = ip}, near);
    near.connection->write("said before it stood");
    ASSERT_TRUE(near.run_until("drained"));
    EXPECT_EQ(near.notes, (Notes{"connected", "drained"}));
    EXPECT_EQ(near.connection->local_address().ip, ip);
    FarEnd far(Fd(accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC)));
    EXPECT_EQ(far.hear(20), "said before it stood");
  }
}

TEST(OutgoingConnection, TellsARefusalLater) {
  const auto listening = open_listener({.address = {kLoopback, 0}});
  const SocketAddress nobody = *bound_address(listening->get());
  shutdown(listening->get(), SHUT_RDWR);  // listens no more, and nobody else gets the port
  loop::Loop loop;
  Recorder near(loop);
  near.connection = Connection::connect(loop, nobody, {}, near);
  EXPECT_EQ(near.notes, Notes{});
  ASSERT_TRUE(near.run_until("end"));
  ASSERT_TRUE(near.error);
  EXPECT_EQ(near.error->system_code, ECONNREFUSED);
}

TEST(OutgoingConnection, TellsAnImpossibleAddressLater) {
  loop::Loop loop;
  Recorder near(loop);
  const IpAddress not_ours = *IpAddress::parse("192.0.2.1");
  near.connection = Connection::connect(loop, {kLoopback, 9}, {.from = not_ours}, near);
  EXPECT_EQ(near.notes, Notes{});
  ASSERT_TRUE(near.run_until("end"));
  EXPECT_EQ(near.error->system_code, EADDRNOTAVAIL);
}

TEST(OutgoingConnection, CanBeGivenUpWhileItConnects) {
  const auto listening = open_listener({.address = {kLoopback, 0}});
  loop::Loop loop;
  Recorder near(loop);
  near.connection = Connection::connect(loop, *bound_address(listening->get()), {}, near);
  near.connection->close();
  ASSERT_TRUE(near.run_until("end"));
  EXPECT_EQ(near.notes, Notes{"end"});
}

}  // namespace
}  // namespace signet::net
