// Listening and accepting on the loopback interface, also when descriptors run out.
#include "signet/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "unit/net/peers.h"

namespace signet::net {
namespace {

const IpAddress kHere = *IpAddress::parse("127.0.0.1");

Fd dial(const SocketAddress& to) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return client;
}

// Until so many were accepted, or for thirty seconds.
struct Accepting {
  explicit Accepting(std::size_t enough) : wanted(enough) {
    auto listening = open_listener({.address = {kHere, 0}});
    EXPECT_TRUE(listening.has_value());
    where = *bound_address(listening->get());
    acceptor = std::make_unique<Acceptor>(
        loop, std::move(*listening),
        [this](Fd socket, const SocketAddress& remote, const SocketAddress& local) {
          EXPECT_EQ(fcntl(socket.get(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
          EXPECT_EQ(fcntl(socket.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
          EXPECT_EQ(remote.ip, kHere);
          EXPECT_EQ(local, where);
          sockets.push_back(std::move(socket));
          if (sockets.size() == wanted) loop.stop();
        });
  }
  void run(Duration most = std::chrono::seconds(30)) {
    loop::Timer limit(loop, [this] { loop.stop(); });
    limit.arm_in(most);
    loop.run();
  }

  loop::Loop loop;
  std::size_t wanted;
  SocketAddress where;
  std::vector<Fd> sockets;
  std::unique_ptr<Acceptor> acceptor;
};

TEST(Listener, PicksAPortAndSaysWhich) {
  const auto listening = open_listener({.address = {kHere, 0}});
  ASSERT_TRUE(listening);
  const auto where = bound_address(listening->get());
  ASSERT_TRUE(where);
  EXPECT_EQ(where->ip, kHere);
  EXPECT_NE(where->port, 0);
  EXPECT_EQ(fcntl(listening->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(Listener, SharesItsPortOnlyWhenBothWantIt) {
  struct Case {
    bool first;
    bool second;
    bool want;
  };
  for (const Case one : {Case{true, true, true}, Case{true, false, false}, Case{false, true, false},
                         Case{false, false, false}}) {
    SCOPED_TRACE(std::string(one.first ? "shared" : "alone") + (one.second ? ", shared" : ""));
    const auto first = open_listener({.address = {kHere, 0}, .share_port = one.first});
    ASSERT_TRUE(first);
    const auto second =
        open_listener({.address = *bound_address(first->get()), .share_port = one.second});
    EXPECT_EQ(second.has_value(), one.want);
    if (!second) {
      EXPECT_EQ(second.error().system_code, EADDRINUSE);
      EXPECT_TRUE(second.error().what.starts_with("listening on 127.0.0.1:"));
    }
  }
}

TEST(Listener, SaysWhyItCannot) {
  const auto none = open_listener({.address = {*IpAddress::parse("192.0.2.1"), 0}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().system_code, EADDRNOTAVAIL);
  EXPECT_FALSE(bound_address(-1));
}

TEST(Listener, ListensOnBothFamiliesOfOnePort) {
  bool both = false;
  for (int attempt = 0; attempt < 50 && !both; ++attempt) {  // somebody may have it in IPv4
    const auto v6 = open_listener({.address = {*IpAddress::parse("::"), 0}});
    if (!v6) GTEST_SKIP() << "no IPv6 here: " << v6.error().what;
    both = open_listener({.address = {IpAddress(), bound_address(v6->get())->port}}).has_value();
  }
  EXPECT_TRUE(both);
}

TEST(Acceptor, AcceptsMoreThanItTakesInOneRound) {
  constexpr std::size_t kClients = 50;
  Accepting accepting(kClients);
  std::vector<Fd> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(dial(accepting.where));
  accepting.run();
  EXPECT_EQ(accepting.sockets.size(), kClients);
}

TEST(Acceptor, LetsClientsWaitWhilePaused) {
  Accepting accepting(1);
  accepting.acceptor->pause(true);
  const Fd client = dial(accepting.where);
  accepting.run(std::chrono::milliseconds(10));
  EXPECT_EQ(accepting.sockets.size(), 0U);
  accepting.acceptor->pause(false);
  accepting.run();
  EXPECT_EQ(accepting.sockets.size(), 1U);
}

TEST(Acceptor, StopsInTheMiddleOfABatchWhenPaused) {
  loop::Loop loop;
  auto listening = open_listener({.address = {kHere, 0}});
  const auto where = *bound_address(listening->get());
  int accepted = 0;
  std::unique_ptr<Acceptor> acceptor;
  acceptor = std::make_unique<Acceptor>(loop, std::move(*listening),
                                        [&](Fd, const SocketAddress&, const SocketAddress&) {
                                          ++accepted;
                                          acceptor->pause(true);
                                          loop.stop();
                                        });
  const Fd one = dial(where);
  const Fd two = dial(where);
  loop.run();
  EXPECT_EQ(accepted, 1);
}

// The number of a closed listener is used again before the round is over.
TEST(Acceptor, LeavesNoTraceOfItsDescriptorWhenDestroyedInItsCall) {
  loop::Loop loop;
  auto listening = open_listener({.address = {kHere, 0}});
  ASSERT_TRUE(listening);
  const int number = listening->get();
  const auto where = *bound_address(number);
  const Fd client = dial(where);
  std::unique_ptr<Acceptor> acceptor;
  std::unique_ptr<loop::FdWatch> watch;
  Fd one;
  Fd other;
  bool told = false;
  acceptor = std::make_unique<Acceptor>(
      loop, std::move(*listening), [&](Fd, const SocketAddress&, const SocketAddress&) {
        acceptor.reset();
        int ends[2];
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        one = Fd(ends[0]);
        other = Fd(ends[1]);
        EXPECT_EQ(one.get(), number);  // else nothing is shown
        watch = std::make_unique<loop::FdWatch>(loop, one.get(), [&](loop::Ready) {
          told = true;
          loop.stop();
        });
        watch->want({.readable = true, .writable = false});
        EXPECT_EQ(write(other.get(), "x", 1), 1);
      });
  loop::Timer limit(loop, [&] { loop.stop(); });
  limit.arm_in(std::chrono::seconds(30));
  loop.run();
  EXPECT_TRUE(told);
}

TEST(Acceptor, MayBeDestroyedInItsCall) {
  loop::Loop loop;
  auto listening = open_listener({.address = {kHere, 0}});
  const auto where = *bound_address(listening->get());
  std::unique_ptr<Acceptor> acceptor;
  std::string seen;
  int accepted = 0;
  acceptor = std::make_unique<Acceptor>(loop, std::move(*listening),
                                        [&, own = std::string("what the call holds")](
                                            Fd, const SocketAddress&, const SocketAddress&) {
                                          ++accepted;
                                          acceptor.reset();
                                          seen = own;
                                          loop.stop();
                                        });
  const Fd one = dial(where);
  const Fd two = dial(where);
  loop.run();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(seen, "what the call holds");
}

// Holds the process at its descriptors in use while it lives.
class NoMoreDescriptors final {
 public:
  NoMoreDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)).get();
    const rlimit now{static_cast<rlim_t>(next), before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~NoMoreDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(Acceptor, RestsWithoutDescriptorsAndGoesOnWhenThereAreSome) {
  Accepting accepting(1);
  const FarEnd turned_away(dial(accepting.where));
  const Fd waits = dial(accepting.where);
  {
    const NoMoreDescriptors none;
    timespec start{};
    timespec end{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    accepting.run(std::chrono::milliseconds(50));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    const auto busy = std::chrono::seconds(end.tv_sec - start.tv_sec) +
                      std::chrono::nanoseconds(end.tv_nsec - start.tv_nsec);
    EXPECT_LT(busy, std::chrono::milliseconds(25)) << "spins";
    EXPECT_EQ(accepting.sockets.size(), 0U);
  }
  EXPECT_EQ(turned_away.hear_to_end(), "");
  accepting.run();
  EXPECT_EQ(accepting.sockets.size(), 1U);
}

}  // namespace
}  // namespace signet::net
