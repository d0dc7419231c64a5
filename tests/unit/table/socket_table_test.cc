// Sendmail's socketmap protocol against a server of ours, and looking ahead from a loop.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "signet/base/fd.h"
#include "signet/table/ahead.h"
#include "support/temporary_directory.h"
#include "table/file_table.h"

namespace signet::table {
namespace {

// Answers one request after another, on one connection after another.
class Server final {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  Server(const std::string& path, Answer answer) : answer_(std::move(answer)) {
    listening_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listening_.get(), 5) != 0) {
      std::abort();
    }
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  std::atomic<int> connections{0};
  std::atomic<int> requests{0};

 private:
  void serve() {
    for (;;) {
      const Fd one(accept(listening_.get(), nullptr, nullptr));
      if (!one.valid()) return;
      ++connections;
      std::array<char, 1000> in{};
      ssize_t got = 0;
      while ((got = read(one.get(), in.data(), in.size())) > 0) {
        ++requests;
        const std::string request(in.data(), static_cast<std::size_t>(got));
        const std::string out = answer_(request);
        if (out.empty()) break;  // hangs up
        if (send(one.get(), out.data(), out.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
  }
  Answer answer_;
  Fd listening_;
  std::thread thread_;
};

std::string netstring(const std::string& text) {
  return std::to_string(text.size()) + ":" + text + ",";
}

struct Clockwork {
  std::atomic<int> seconds{1000};
  Clock clock() {
    return [this] { return TimePoint(std::chrono::seconds(seconds.load())); };
  }
};

Spec socket_spec(const std::string& path) {
  Spec spec{.type = "socket", .file = "unix:" + path};
  spec.name = "access";
  spec.timeout = std::chrono::seconds(60);
  return spec;
}

std::string found(const Table& table, std::string_view key) {
  const auto answer = table.find(key);
  if (!answer) return "!" + answer.error().what;
  return answer->value_or("-");
}

TEST(SocketTable, SpeaksSendmailsProtocolOverOneConnection) {
  const test::TemporaryDirectory folder;
  Clockwork time;
  std::unique_ptr<Server> server;
  Spec spec = socket_spec(folder / "s");
  spec.append = ".x";
  std::vector<std::string> told;
  Upkeep upkeep;
  upkeep.tell = [&](std::string_view text) { told.emplace_back(text); };
  const auto table = open_table(spec, upkeep, time.clock());
  ASSERT_TRUE(table);
  EXPECT_TRUE((*table)->waits());
  EXPECT_EQ(found(**table, "a").front(), '!');  // nobody listens
  const auto answer = [](const std::string& request) {
    if (request == "8:access a,") return netstring("OK one two");
    if (request == "8:access b,") return netstring("NOTFOUND ");
    if (request == "8:access c,") return netstring("TEMP later");
    if (request == "8:access d,") return netstring("PERM never");
    if (request == "8:access e,") return std::string("no netstring");
    if (request == "8:access f,") return netstring("OK") + "more";
    if (request == "8:access g,") return netstring("OK " + std::string(9000, 'x'));
    return std::string();
  };
  server = std::make_unique<Server>(folder / "s", answer);
  EXPECT_EQ(found(**table, "A").front(), '!');  // left alone for a while
  time.seconds += 6;
  EXPECT_EQ(found(**table, "A"), "one two.x");
  EXPECT_EQ(found(**table, "b"), "-");
  EXPECT_NE(found(**table, "c").find("TEMP later"), std::string::npos);
  EXPECT_NE(found(**table, "d").find("PERM never"), std::string::npos);
  EXPECT_EQ(server->connections, 1);
  EXPECT_EQ(found(**table, "A"), "one two.x");  // remembered
  EXPECT_EQ(server->requests, 4);
  time.seconds += 31;
  EXPECT_EQ(found(**table, "A"), "one two.x");
  EXPECT_EQ(server->requests, 5);
  for (const char* key : {"e", "f", "g", "h"}) {
    EXPECT_EQ(found(**table, key).front(), '!') << key;
    time.seconds += 6;
  }
  EXPECT_EQ(found(**table, "b"), "-");
  ASSERT_EQ(told.size(), 4U);
  EXPECT_NE(told[0].find("mail waits"), std::string::npos);
  EXPECT_NE(told[1].find("answers again"), std::string::npos);
}

// A server that is silent costs its time-out once.
TEST(SocketTable, WaitsABoundedTime) {
  const test::TemporaryDirectory folder;
  std::atomic<bool> over{false};
  Server server(folder / "s", [&](const std::string&) {
    while (!over) std::this_thread::yield();
    return std::string();
  });
  Clockwork time;
  Spec spec = socket_spec(folder / "s");
  spec.timeout = std::chrono::seconds(1);
  const auto table = open_table(spec, {}, time.clock());
  ASSERT_TRUE(table);
  EXPECT_EQ(found(**table, "a").front(), '!');
  {
    NoWaiting here;
    for (const char* key : {"b", "c"}) EXPECT_EQ(found(**table, key).front(), '!');
    EXPECT_TRUE(here.take().empty()) << "would have to wait";
  }
  over = true;
}

// Sixteen decisions wait for a server that is silent, one for a server that is not.
TEST(Ahead, WhoIsSilentHoldsUpOnlyAShareOfTheWorkers) {
  const test::TemporaryDirectory folder;
  std::promise<void> gate;
  const auto open = gate.get_future().share();
  const auto yes = [](const std::string&) { return netstring("OK yes"); };
  Server silent(folder / "silent", [&](const std::string&) {
    open.wait();
    return std::string();
  });
  Server healthy(folder / "healthy", yes);
  const auto slow = open_table(socket_spec(folder / "silent"));
  const auto quick = open_table(socket_spec(folder / "healthy"));
  ASSERT_TRUE(slow && quick);
  loop::Loop loop;
  loop::Workers workers(4);
  Ahead ahead(loop, workers);
  int waited = 0;
  std::string told;
  loop.post([&] {
    for (char key = 'a'; key < 'q'; ++key) {
      ahead.know(
          *slow, [&, key] { (void)(*slow)->find(std::string(1, key)); }, [&] { ++waited; });
    }
    ahead.know(
        *quick, [&] { (void)(*quick)->find("a"); },
        [&] {
          told = found(**quick, "a") + std::to_string(waited);
          loop.stop();
        });
  });
  const NoWaiting here;
  loop.run();
  EXPECT_EQ(told, "yes0");
  gate.set_value();
}

TEST(Ahead, AsksOnAWorkerWhatALoopMayNotWaitFor) {
  const test::TemporaryDirectory folder;
  Server server(folder / "s", [](const std::string& request) {
    return netstring(request.ends_with("b,") ? "NOTFOUND " : "OK yes");
  });
  const auto table = open_table(socket_spec(folder / "s"));
  ASSERT_TRUE(table);
  loop::Loop loop;
  loop::Workers workers(1);  // the server serves one connection
  auto ahead = std::make_unique<Ahead>(loop, workers);
  auto gone = std::make_unique<Ahead>(loop, workers);
  std::string told;
  const auto decide = [&] {  // the second key depends on the first
    if (found(**table, "b") == "-") (void)found(**table, "c");
  };
  loop.post([&] {
    told = found(**table, "a").front();
    gone->know(*table, decide, [&] { told += "never"; });
    gone.reset();
    ahead->know(*table, decide, [&] {
      told += found(**table, "b") + found(**table, "c");
      ahead->know(*table, decide, [&] { told += " at once"; });
      told += ".";
      loop.stop();
    });
  });
  const NoWaiting here;
  loop.run();
  EXPECT_EQ(told, "!-yes at once.");
}

}  // namespace
}  // namespace signet::table
