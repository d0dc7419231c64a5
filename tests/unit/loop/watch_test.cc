// Readiness of descriptors, and signals.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "signet/base/fd.h"
#include "signet/loop/loop.h"

namespace signet::loop {
namespace {

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    near = Fd(ends[0]);
    far = Fd(ends[1]);
  }
  void say(std::string_view text) const {
    EXPECT_EQ(write(far.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] char read_one() const {
    char c = 0;
    EXPECT_EQ(read(near.get(), &c, 1), 1);
    return c;
  }

  Fd near;
  Fd far;
};

TEST(FdWatch, CallsUntilAllIsRead) {
  Loop loop;
  const Pair pair;
  std::string got;
  FdWatch watch(loop, pair.near.get(), [&](Ready ready) {
    EXPECT_TRUE(ready.readable);
    EXPECT_FALSE(ready.writable);
    got += pair.read_one();
    if (got.size() == 3) loop.stop();
  });
  watch.want({.readable = true, .writable = false});
  pair.say("abc");
  loop.run();
  EXPECT_EQ(got, "abc");
}

TEST(FdWatch, SleepsUntilItIsWanted) {
  Loop loop;
  const Pair pair;
  int calls = 0;
  FdWatch watch(loop, pair.near.get(), [&](Ready ready) {
    ++calls;
    EXPECT_TRUE(ready.writable);
    watch.want({});
    loop.post([&] { loop.stop(); });
  });
  pair.say("unread");
  loop.post([&] {
    EXPECT_EQ(calls, 0);
    watch.want({.readable = true, .writable = false});
    watch.want({.readable = false, .writable = true});
  });
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(FdWatch, TellsWhatCameWhileItWasNotWanted) {
  Loop loop;
  const Pair pair;
  bool wanted = false;
  FdWatch watch(loop, pair.near.get(), [&](Ready) {
    EXPECT_TRUE(wanted);
    EXPECT_EQ(pair.read_one(), 'x');
    loop.stop();
  });
  watch.want({.readable = true, .writable = false});
  watch.want({});
  pair.say("x");
  Timer later(loop, [&] {
    wanted = true;
    watch.want({.readable = true, .writable = false});
  });
  later.arm_in(std::chrono::milliseconds(5));
  loop.run();
  EXPECT_TRUE(wanted);
}

TEST(FdWatch, MayDestroyItselfInItsCall) {
  Loop loop;
  const Pair pair;
  std::unique_ptr<FdWatch> watch;
  std::string seen;
  watch = std::make_unique<FdWatch>(loop, pair.near.get(),
                                    [&, own = std::string("what the call holds")](Ready) {
                                      watch.reset();
                                      seen = own;
                                      loop.stop();
                                    });
  watch->want({.readable = true, .writable = true});
  loop.run();
  EXPECT_EQ(seen, "what the call holds");
}

TEST(FdWatch, IsSilentWhenDestroyedByAnotherReadyOne) {
  Loop loop;
  const Pair pair;
  const Pair other;
  int calls = 0;
  std::unique_ptr<FdWatch> one;
  std::unique_ptr<FdWatch> two;
  one = std::make_unique<FdWatch>(loop, pair.near.get(), [&](Ready) {
    ++calls;
    two.reset();
    loop.stop();
  });
  two = std::make_unique<FdWatch>(loop, other.near.get(), [&](Ready) {
    ++calls;
    one.reset();
    loop.stop();
  });
  one->want({.readable = true, .writable = false});
  two->want({.readable = true, .writable = false});
  pair.say("x");
  other.say("x");
  loop.run();
  EXPECT_EQ(calls, 1);
}

// A listener is held by the parent as well: closing our descriptor does not end its registration.
TEST(FdWatch, ForgetsADescriptorThatLivesOnInAnotherOne) {
  Loop loop;
  Pair pair;
  const Fd twin(dup(pair.near.get()));
  auto watch = std::make_unique<FdWatch>(loop, pair.near.get(), [](Ready) { FAIL(); });
  watch->want({.readable = true, .writable = false});
  loop.post([&] { loop.stop(); });
  loop.run();  // a round that sleeps on it
  watch.reset();
  pair.near = Fd();
  pair.say("somebody else's");
  const Pair fresh;  // gets the number of the closed one; nothing ever comes there
  FdWatch next(loop, fresh.near.get(), [](Ready) { FAIL(); });
  next.want({.readable = true, .writable = false});
  Timer end(loop, [&] { loop.stop(); });
  end.arm_in(std::chrono::milliseconds(10));
  loop.run();
}

TEST(SignalWatch, CallsForEachSignalAndMayDestroyItself) {
  Loop loop;
  int calls = 0;
  std::unique_ptr<SignalWatch> watch;
  watch = std::make_unique<SignalWatch>(loop, SIGUSR1, [&, own = std::string("held")] {
    if (++calls == 1) {
      raise(SIGUSR1);
      return;
    }
    watch.reset();
    EXPECT_EQ(own, "held");
    loop.stop();
  });
  loop.post([] { raise(SIGUSR1); });
  loop.run();
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace signet::loop
