// Rounds of the loop: order of tasks, posts from other threads, disposal, stopping.
#include "signet/loop/loop.h"

#include <latch>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace signet::loop {
namespace {

// Notes in `log` when it dies.
class Mortal final {
 public:
  Mortal(std::string& log, std::string name) : log_(log), name_(std::move(name)) {}
  ~Mortal() { log_ += name_; }
  Mortal(const Mortal&) = delete;
  Mortal& operator=(const Mortal&) = delete;

 private:
  std::string& log_;
  std::string name_;
};

TEST(Loop, RunsTasksInTheOrderOfTheirPosts) {
  Loop loop;
  std::string log;
  for (const char c : std::string("abcdef")) loop.post([&log, c] { log += c; });
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(log, "abcdef");
}

TEST(Loop, RunsWhatATaskPostsInALaterRound) {
  Loop loop;
  std::string log;
  loop.post([&] {
    log += 'a';
    loop.post([&] {
      log += 'c';
      loop.stop();
    });
  });
  loop.post([&] { log += 'b'; });
  loop.run();
  EXPECT_EQ(log, "abc");
}

TEST(Loop, LetsTimersRunBetweenTasksThatPostThemselves) {
  Loop loop;
  int turns = 0;
  Task again = [&] {
    ++turns;
    loop.post([&] { again(); });
  };
  Timer timer(loop, [&] { loop.stop(); });
  timer.arm_in(std::chrono::milliseconds(1));
  loop.post([&] { again(); });
  loop.run();
  EXPECT_GT(turns, 0);
}

TEST(Loop, TakesTasksFromManyThreadsEachInItsOrder) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  Loop loop;
  std::vector<int> next(kThreads, 0);
  int left = kThreads * kTasks;
  bool in_order = true;
  std::vector<std::jthread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kTasks; ++i) {
        loop.post([&, thread, i] {
          in_order = in_order && next[thread]++ == i;
          if (--left == 0) loop.stop();
        });
      }
    });
  }
  loop.run();
  EXPECT_TRUE(in_order);
  EXPECT_EQ(left, 0);
}

TEST(Loop, WakesForAPostWhileItSleeps) {
  Loop loop;
  std::latch runs(1);
  loop.post([&] { runs.count_down(); });
  std::jthread other([&] {
    runs.wait();
    loop.post([&] { loop.stop(); });
  });
  loop.run();
}

TEST(Loop, StopsFromAnotherThreadAndWhenToldBeforeItRuns) {
  Loop loop;
  std::latch runs(1);
  loop.post([&] { runs.count_down(); });
  {
    std::jthread other([&] {
      runs.wait();
      loop.stop();
    });
    loop.run();
  }
  bool ran = false;
  loop.post([&] { ran = true; });
  loop.stop();
  loop.run();
  EXPECT_TRUE(ran) << "what was posted before the end still runs";
}

TEST(Loop, RunsAgainAfterAStop) {
  Loop loop;
  int runs = 0;
  for (int i = 0; i < 3; ++i) {
    loop.post([&] {
      ++runs;
      loop.stop();
    });
    loop.run();
  }
  EXPECT_EQ(runs, 3);
}

TEST(Loop, KeepsTheDisposedUntilTheRoundIsOver) {
  Loop loop;
  std::string log;
  loop.post([&] {
    loop.dispose(std::make_unique<Mortal>(log, "x"));
    log += 'a';
  });
  loop.post([&] {
    log += 'b';
    loop.post([&] {
      log += 'c';
      loop.stop();
    });
  });
  loop.run();
  EXPECT_EQ(log, "abxc");
}

TEST(Loop, DestroysWhatATaskHeldBeforeTheNextTaskRuns) {
  Loop loop;
  std::string log;
  loop.post([held = std::make_unique<Mortal>(log, "x")] {});
  loop.post([&] {
    log += 'b';
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(log, "xb");
}

TEST(Loop, DropsTasksThatNeverRanTogetherWithWhatTheirEndDisposes) {
  std::string log;
  {
    Loop loop;
    struct Disposer {
      Disposer(Loop& owner, std::string& notes)
          : loop(&owner), mortal(std::make_unique<Mortal>(notes, "x")) {}
      Disposer(Disposer&&) = default;
      Disposer& operator=(Disposer&&) = default;
      ~Disposer() {
        if (mortal) loop->dispose(std::move(mortal));
      }
      Loop* loop;
      std::unique_ptr<Mortal> mortal;
    };
    loop.post([disposer = Disposer(loop, log)] {});
    loop.post([timer = std::make_unique<Timer>(loop, [] {})] {});
  }
  EXPECT_EQ(log, "x");
}

TEST(Loop, ShowsOneTimeInARoundAndTheClocksOutside) {
  Loop loop;
  const TimePoint before = loop.now().mono;
  TimePoint first{};
  TimePoint second{};
  loop.post([&] { first = loop.now().mono; });
  loop.post([&] {
    while (read_clocks().mono == first) {
    }
    second = loop.now().mono;
    loop.stop();
  });
  loop.run();
  EXPECT_GE(first, before);
  EXPECT_EQ(first, second);
  EXPECT_GT(loop.now().mono, second);
}

TEST(Loop, KnowsItsThreadOnlyWhileItRuns) {
  Loop loop;
  EXPECT_FALSE(loop.in_loop_thread());
  bool inside = false;
  bool elsewhere = true;
  loop.post([&] {
    inside = loop.in_loop_thread();
    std::jthread([&] { elsewhere = loop.in_loop_thread(); }).join();
    loop.stop();
  });
  loop.run();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(elsewhere);
  EXPECT_FALSE(loop.in_loop_thread());
}

}  // namespace
}  // namespace signet::loop
