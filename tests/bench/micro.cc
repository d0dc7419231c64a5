// What single steps on the way of a message cost. Google Benchmark; prints, asserts nothing but
// that the step was done. tools/bench runs it beside the whole server.
#include <benchmark/benchmark.h>
#include <db.h>

#include <filesystem>

#include "queue/journal.h"
#include "signet/base/check.h"
#include "signet/db/map.h"
#include "signet/maillog/lines.h"
#include "signet/policy/access.h"
#include "signet/smtp/server_session.h"
#include "smtp/data_decoder.h"
#include "smtp/dot_stuffer.h"

namespace signet {
namespace {

std::string lines_of_text(std::size_t octets) {
  std::string text = "Subject: a message\r\n\r\n";
  while (text.size() < octets) text += std::string(70, 'x') + "\r\n";
  return text;
}

mail::Envelope envelope() {
  mail::Envelope one;
  one.id = "6AQ01bvm009003";
  one.sender = "alice@example.org";
  one.recipients = {{"bob@example.net"}};
  one.arrived = WallTime{std::chrono::seconds{1764115200}};
  one.size = 4096;
  one.protocol = "ESMTPS";
  one.message_id = "<20261126000137.009021@example.org>";
  one.peer = "mail.example.org [192.0.2.7]";
  return one;
}

// A folder of this run, removed with it.
class Folder final {
 public:
  Folder() {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return (path_ / name).string();
  }

 private:
  static inline int made_ = 0;
  const std::filesystem::path path_ =
      std::filesystem::current_path() / ("signet-bench-micro" + std::to_string(++made_));
};

// ---- a session without a network: one message, every command answered with yes ----

std::optional<smtp::Answer> answer_to(const smtp::Effect& effect) {
  if (std::holds_alternative<smtp::AskStore>(effect)) return smtp::Stored{"6AQ01bvm009003"};
  const bool asks = std::holds_alternative<smtp::AskConnect>(effect) ||
                    std::holds_alternative<smtp::AskSender>(effect) ||
                    std::holds_alternative<smtp::AskRecipient>(effect);
  if (!asks) return std::nullopt;
  return smtp::Decision{{250, "2.1.0", "ok"}, false};
}

void say(smtp::ServerSession& session, std::string_view bytes) {
  while (true) {
    const auto used = session.on_bytes(bytes);
    bytes.remove_prefix(used);
    bool moved = used > 0;
    while (auto effect = session.next_effect()) {
      moved = true;
      benchmark::DoNotOptimize(*effect);
      if (auto answer = answer_to(*effect)) session.on_answer(std::move(*answer));
    }
    if (!moved) break;
  }
  SIGNET_CHECK(bytes.empty());
}

void session_of_one_message(benchmark::State& state) {
  const auto options = std::make_shared<const smtp::ServerOptions>(
      smtp::ServerOptions{.host = "mx.test", .offer_starttls = true});
  const std::string content = lines_of_text(4096) + ".\r\n";
  for (auto _ : state) {
    smtp::ServerSession session(options, {}, "mx.test", {}, {});
    for (const std::string_view line :
         {"", "EHLO mail.example.org\r\n", "MAIL FROM:<alice@example.org> SIZE=4096\r\n",
          "RCPT TO:<bob@example.net>\r\n", "DATA\r\n"}) {
      say(session, line);
    }
    say(session, content);
    say(session, "QUIT\r\n");
  }
}
BENCHMARK(session_of_one_message);

void decode_content(benchmark::State& state) {
  const std::string content = lines_of_text(64 * 1024);
  std::string decoded;
  for (auto _ : state) {
    smtp::DataDecoder decoder(smtp::LineEnds::strict);
    decoded.clear();
    decoder.decode(content, decoded);
    benchmark::DoNotOptimize(decoded);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(content.size()) * state.iterations());
}
BENCHMARK(decode_content);

void stuff_content(benchmark::State& state) {
  const std::string content = lines_of_text(64 * 1024);
  std::string stuffed;
  for (auto _ : state) {
    smtp::DotStuffer stuffer;
    stuffed.clear();
    stuffer.stuff(content, stuffed);
    benchmark::DoNotOptimize(stuffed);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(content.size()) * state.iterations());
}
BENCHMARK(stuff_content);

// ---- policy ----

void ask_access_map(benchmark::State& state, std::string_view host) {
  const Folder folder;
  auto builder = db::Builder::create(folder / "access.db", {});
  SIGNET_CHECK(builder);
  for (int i = 0; i < 10000; ++i) {
    SIGNET_CHECK((*builder)->add("connect:host" + std::to_string(i) + ".example.com", "REJECT"));
  }
  SIGNET_CHECK((*builder)->finish());
  const auto table = table::open_table({.file = folder / "access"});
  SIGNET_CHECK(table);
  const policy::Access access(table->get(), {});
  const auto ip = IpAddress::v4({192, 0, 2, 7});
  for (auto _ : state) {
    benchmark::DoNotOptimize(access.peer("Connect", host, ip, policy::Tagged::also_bare));
  }
}
BENCHMARK_CAPTURE(ask_access_map, nothing_found, "mail.example.org");
BENCHMARK_CAPTURE(ask_access_map, found, "host77.example.com");

// ---- a map of a million entries: what we add to Berkeley DB's own look-up ----

constexpr int kEntries = 1'000'000;

std::string entry(int i) { return "connect:host" + std::to_string(i) + ".example.com"; }

// Made once, removed at the end.
const std::string& large_map() {
  static const Folder folder;
  static const std::string path = [] {
    auto builder = db::Builder::create(folder / "large.db", {});
    SIGNET_CHECK(builder);
    for (int i = 0; i < kEntries; ++i) SIGNET_CHECK((*builder)->add(entry(i), "REJECT"));
    SIGNET_CHECK((*builder)->finish());
    return folder / "large";
  }();
  return path;
}

// As any program reads it: the key from a cache of the file, or from the file.
void million_raw(benchmark::State& state) {
  DB* handle = nullptr;
  SIGNET_CHECK(db_create(&handle, nullptr, 0) == 0);
  SIGNET_CHECK(handle->open(handle, nullptr, (large_map() + ".db").c_str(), nullptr, DB_HASH,
                            DB_RDONLY, 0) == 0);
  int i = 0;
  for (auto _ : state) {
    std::string key = entry(i = (i + 7919) % kEntries);
    DBT asked{};
    DBT value{};
    asked.data = key.data();
    asked.size = static_cast<u_int32_t>(key.size());
    SIGNET_CHECK(handle->get(handle, nullptr, &asked, &value, 0) == 0);
  }
  handle->close(handle, 0);
}
BENCHMARK(million_raw);

void million_found(benchmark::State& state) {
  const auto table = table::open_table({.file = large_map()});
  SIGNET_CHECK(table);
  int i = 0;
  for (auto _ : state) {
    const auto value = (*table)->find(entry(i = (i + 7919) % kEntries));
    SIGNET_CHECK(value && *value);
  }
}
BENCHMARK(million_found);

void million_missed(benchmark::State& state) {
  const auto table = table::open_table({.file = large_map()});
  SIGNET_CHECK(table);
  int i = 0;
  for (auto _ : state) {
    const auto value = (*table)->find("from:" + entry(++i));
    SIGNET_CHECK(value && !*value);
  }
}
BENCHMARK(million_missed);

// What the keeper's thread does when such a map was changed; look-ups go on beside it.
void million_opened(benchmark::State& state) {
  for (auto _ : state) SIGNET_CHECK(table::open_table({.file = large_map()}));
}
BENCHMARK(million_opened)->Unit(benchmark::kNanosecond)->Iterations(3);

void million_made(benchmark::State& state) {
  const Folder folder;
  for (auto _ : state) {
    auto builder = db::Builder::create(folder / "made.db", {});
    for (int i = 0; i < kEntries; ++i) SIGNET_CHECK((*builder)->add(entry(i), "REJECT"));
    SIGNET_CHECK((*builder)->finish());
  }
}
BENCHMARK(million_made)->Unit(benchmark::kNanosecond)->Iterations(1);

// ---- the log ----

void log_line(benchmark::State& state) {
  const auto one = envelope();
  for (auto _ : state) {
    benchmark::DoNotOptimize(maillog::from_line(one, 1, "MTA", "mail.example.org [192.0.2.7]"));
  }
}
BENCHMARK(log_line);

// ---- the journal: a batch of messages of 4 KB, one sync ----

void append_to_journal(benchmark::State& state) {
  const Folder folder;
  const auto files = queue::real_file_system();
  Guarded<queue::Index> index;
  std::atomic<queue::Key> next_key{1};
  queue::Journal journal(
      {.files = *files, .epoch = folder / "", .index = index, .next_key = next_key});
  const queue::StoredMessage message{.envelope = envelope(), .state = {.done = {false}}};
  const std::string content = lines_of_text(4096);
  const auto batch = state.range(0);
  for (auto _ : state) {
    std::vector<queue::Key> keys;
    for (std::int64_t i = 0; i < batch; ++i) {
      keys.push_back(next_key++);
      SIGNET_CHECK(journal.stage({.key = keys.back(), .message = &message, .content = content}));
    }
    SIGNET_CHECK(journal.finish());
    for (const auto key : keys) journal.note_gone(key);
  }
  state.SetItemsProcessed(batch * state.iterations());
}
BENCHMARK(append_to_journal)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace signet

BENCHMARK_MAIN();
