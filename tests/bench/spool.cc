// Messages a second through the spool on this disk, as sessions would commit them: each committer
// waits for its answer, "delivers" and begins the next. Prints; asserts nothing.
//
// Usage: bench_spool [DIRECTORY [COMMITTERS [MESSAGES [OCTETS]]]]
//        bench_spool --start DIRECTORY MESSAGES   fills a queue, then times its recovery
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "queue/open_journal.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Counters {
  std::atomic<std::uint64_t> syncs{0};
  std::atomic<std::uint64_t> bytes{0};
};

// The real disk, counted.
class CountedFile final : public signet::queue::File {
 public:
  CountedFile(std::unique_ptr<File> file, Counters& counters)
      : file_(std::move(file)), counters_(counters) {}
  signet::Result<void> write_at(std::uint64_t offset, std::string_view octets) override {
    counters_.bytes += octets.size();
    return file_->write_at(offset, octets);
  }
  signet::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    return file_->read_at(offset, into);
  }
  signet::Result<std::uint64_t> size() const override { return file_->size(); }
  signet::Result<void> sync() override {
    ++counters_.syncs;
    return file_->sync();
  }
  signet::Result<void> truncate(std::uint64_t size) override { return file_->truncate(size); }
  signet::Result<void> reserve(std::uint64_t size) override { return file_->reserve(size); }

 private:
  std::unique_ptr<File> file_;
  Counters& counters_;
};

class CountedFileSystem final : public signet::queue::FileSystem {
 public:
  explicit CountedFileSystem(Counters& counters) : counters_(counters) {}
  signet::Result<std::unique_ptr<signet::queue::File>> open(const std::string& path,
                                                            signet::queue::Open how) override {
    auto opened = disk_->open(path, how);
    if (!opened) return opened;
    return std::make_unique<CountedFile>(std::move(*opened), counters_);
  }
  signet::Result<std::vector<std::string>> list(const std::string& path) override {
    return disk_->list(path);
  }
  signet::Result<void> remove(const std::string& path) override { return disk_->remove(path); }
  signet::Result<void> rename(const std::string& from, const std::string& to) override {
    return disk_->rename(from, to);
  }
  signet::Result<void> link(const std::string& from, const std::string& to) override {
    return disk_->link(from, to);
  }
  signet::Result<void> make_directory(const std::string& path) override {
    return disk_->make_directory(path);
  }
  signet::Result<void> sync_directory(const std::string& path) override {
    ++counters_.syncs;
    return disk_->sync_directory(path);
  }
  std::uint64_t free_bytes(const std::string& path) override { return disk_->free_bytes(path); }

 private:
  std::unique_ptr<signet::queue::FileSystem> disk_ = signet::queue::real_file_system();
  Counters& counters_;
};

signet::mail::Envelope envelope(std::uint64_t number) {
  signet::mail::Envelope one;
  one.id = fmt::format("6BNAbc12{:06}", number % 1000000);
  one.sender = "sender@bench.example";
  one.recipients = {{"recipient@bench.example"}};
  one.protocol = "ESMTP";
  one.message_id = "<" + one.id + "@bench.example>";
  one.peer = "host.bench.example [192.0.2.1]";
  return one;
}

enum class After { forget, keep };

// `committers` sessions on one loop, `total` messages together.
void run_committers(signet::queue::Spool& spool, int committers, std::uint64_t total,
                    std::string_view content, After after) {
  signet::loop::Loop loop;
  std::uint64_t begun = 0;
  std::uint64_t answered = 0;
  const std::function<void()> next = [&] {
    if (begun == total) return;
    auto draft = spool.begin(loop);
    draft->append(content);
    spool.commit(std::move(draft), envelope(++begun), "Received: from bench\r\n",
                 [&](signet::Result<signet::queue::Committed> committed) {
                   if (!committed) {
                     std::cerr << committed.error().what << '\n';
                     std::exit(1);
                   }
                   if (after == After::forget) spool.forget(committed->message()->key);
                   if (++answered == total) return loop.stop();
                   next();
                 });
  };
  loop.post([&] {
    for (int i = 0; i < committers; ++i) next();
  });
  loop.run();
  spool.flush();
}

std::uint64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

signet::queue::Recovered open_or_die(signet::queue::JournalOptions options, Counters& counters) {
  auto recovered = open_journal(std::make_unique<CountedFileSystem>(counters), options);
  if (!recovered) {
    std::cerr << recovered.error().what << '\n';
    std::exit(1);
  }
  return std::move(*recovered);
}

int time_start(const std::string& directory, std::uint64_t total) {
  signet::queue::JournalOptions options;
  options.directory = directory;
  Counters counters;
  {
    const auto recovered = open_or_die(options, counters);
    run_committers(*recovered.spool, 500, total, std::string(4096, 'x'), After::keep);
  }
  const auto before = resident_kib();
  const auto start = Clock::now();
  const auto recovered = open_or_die(options, counters);
  const auto took = seconds_since(start);
  const auto waiting = recovered.waiting.size();
  fmt::print("{} messages found again in {:.2f} s; {} octets of memory each while starting\n",
             waiting, took, (resident_kib() - before) * 1024 / std::max<std::size_t>(waiting, 1));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() == 3 && args[0] == "--start") {
    return time_start(args[1], std::strtoull(args[2].c_str(), nullptr, 10));
  }
  const auto number = [&](std::size_t at, std::uint64_t otherwise) {
    return args.size() > at ? std::strtoull(args[at].c_str(), nullptr, 10) : otherwise;
  };
  signet::queue::JournalOptions options;
  options.directory = args.empty() ? "/tmp/bench-spool" : args[0];
  const auto committers = static_cast<int>(number(1, 20));
  const auto total = number(2, 50000);
  const std::string content(number(3, 4096), 'x');
  Counters counters;
  auto recovered = open_or_die(options, counters);
  counters.syncs = 0;
  counters.bytes = 0;
  const auto start = Clock::now();
  run_committers(*recovered.spool, committers, total, content, After::forget);
  const auto took = seconds_since(start);
  const auto count = static_cast<double>(total);
  fmt::print(
      "{} committers, {} octets: {:.0f} messages/s, {:.3f} syncs and {:.0f} octets written a "
      "message\n",
      committers, content.size(), count / took, static_cast<double>(counters.syncs) / count,
      static_cast<double>(counters.bytes) / count);
  return 0;
}
