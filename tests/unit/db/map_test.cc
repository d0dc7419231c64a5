#include "signet/db/map.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "signet/base/fd.h"
#include "support/temporary_directory.h"

namespace signet::db {
namespace {

using Pairs = std::map<std::string, std::string>;

const Pairs kAccess = {{"connect:192.0.2.1", "REJECT"},
                       {"from:spam.example", "550 5.7.1 No"},
                       {"to:friend@example.org", "RELAY"}};

void build(const std::string& path, const Pairs& pairs, const BuildOptions& options = {}) {
  auto builder = Builder::create(path, options);
  ASSERT_TRUE(builder) << builder.error().what;
  for (const auto& [key, value] : pairs) {
    const auto added = (*builder)->add(key, value);
    ASSERT_TRUE(added) << added.error().what;
    EXPECT_EQ(*added, Builder::Added::yes);
  }
  const auto finished = (*builder)->finish();
  ASSERT_TRUE(finished) << finished.error().what;
}

Pairs all_of(const Map& map) {
  Pairs pairs;
  const auto read = map.for_each([&](std::string_view key, std::string_view value) {
    pairs.emplace(key, value);
    return true;
  });
  EXPECT_TRUE(read) << read.error().what;
  return pairs;
}

class EveryKind : public testing::TestWithParam<std::tuple<Kind, bool>> {};
INSTANTIATE_TEST_SUITE_P(Map, EveryKind,
                         testing::Combine(testing::Values(Kind::hash, Kind::btree),
                                          testing::Bool()));

TEST_P(EveryKind, GivesBackWhatWasPutIn) {
  const test::TemporaryDirectory folder;
  const auto [kind, with_nul] = GetParam();
  build(folder / "access.db", kAccess, {.kind = kind, .with_nul = with_nul});
  const auto map = Map::open(folder / "access.db", kind);
  ASSERT_TRUE(map) << map.error().what;
  for (const auto& [key, value] : kAccess) EXPECT_EQ((*map)->find(key).value(), value) << key;
  EXPECT_EQ((*map)->find("to:friend@example.or").value(), std::nullopt);
  EXPECT_EQ((*map)->find("").value(), std::nullopt);
  EXPECT_EQ(all_of(**map), kAccess);
}

TEST_P(EveryKind, HoldsManyAndLongEntries) {
  const test::TemporaryDirectory folder;
  const auto [kind, with_nul] = GetParam();
  Pairs many;
  for (int i = 0; i < 5000; ++i) many["key" + std::to_string(i)] = std::to_string(i);
  many["long"] = std::string(100'000, 'x');  // many pages
  many[std::string(9'000, 'k')] = "long key";
  build(folder / "many.db", many, {.kind = kind, .with_nul = with_nul});
  const auto map = Map::open(folder / "many.db", kind);
  ASSERT_TRUE(map) << map.error().what;
  EXPECT_EQ(all_of(**map), many);
  EXPECT_EQ((*map)->find("long").value(), many["long"]);
}

TEST(Map, IsReadByManyThreadsAtOnce) {
  const test::TemporaryDirectory folder;
  build(folder / "access.db", kAccess);
  const auto map = Map::open(folder / "access.db", Kind::hash);
  ASSERT_TRUE(map);
  std::atomic<int> found = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          for (const auto& [key, value] : kAccess) {
            const auto answer = (*map)->find(key);
            if (answer && *answer == value) ++found;
          }
        }
      });
    }
  }
  EXPECT_EQ(found, 4 * 500 * 3);
}

TEST(Map, SaysWhyItCannotBeOpened) {
  const test::TemporaryDirectory folder;
  build(folder / "hash.db", kAccess);
  folder.write("text.db", "connect:192.0.2.1 REJECT\n");
  folder.write("empty.db", "");
  std::filesystem::create_directory(folder.path() / "folder.db");
  ASSERT_EQ(mkfifo((folder / "fifo.db").c_str(), 0600), 0);
  const struct {
    const char* file;
    Kind kind;
    const char* what;
  } cases[] = {
      {"none.db", Kind::hash, "No such file or directory"},
      {"hash.db", Kind::btree, "not a btree map"},
      {"text.db", Kind::hash, "not a hash map"},
      {"empty.db", Kind::hash, "not a hash map"},
      {"folder.db", Kind::hash, "not a regular file"},
      {"fifo.db", Kind::hash, "not a regular file"},
  };
  for (const auto& one : cases) {
    const auto map = Map::open(folder / one.file, one.kind);
    ASSERT_FALSE(map) << one.file;
    EXPECT_NE(map.error().what.find(one.what), std::string::npos) << map.error().what;
    EXPECT_NE(map.error().what.find(one.file), std::string::npos) << map.error().what;
  }
  EXPECT_EQ(Map::open(folder / "none.db", Kind::hash).error().system_code, ENOENT);
}

TEST(Map, IsRefusedWhenAPageIsDamaged) {
  const test::TemporaryDirectory folder;
  build(folder / "access.db", kAccess);
  std::string bytes = test::read_file(folder / "access.db");
  for (std::size_t page = 4096; page < bytes.size(); page += 4096) {
    bytes[page + 22] = '\x7f';  // where the items of a page begin
    bytes[page + 23] = '\x7f';
  }
  folder.write("access.db", bytes);
  const auto map = Map::open(folder / "access.db", Kind::hash);
  ASSERT_FALSE(map);
  EXPECT_NE(map.error().what.find("damaged"), std::string::npos) << map.error().what;
}

TEST(Map, IsNotOpenedWhileSomebodyWritesIt) {
  const test::TemporaryDirectory folder;
  build(folder / "access.db", kAccess);
  const Fd writer(open((folder / "access.db").c_str(), O_RDWR));
  ASSERT_EQ(flock(writer.get(), LOCK_EX), 0);
  const auto map = Map::open(folder / "access.db", Kind::hash);
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().kind, ErrorKind::temporary);
}

TEST(Map, AnswersOnWhileItsFileIsWrittenInItsPlace) {
  const test::TemporaryDirectory folder;
  Pairs many;
  for (int i = 0; i < 20000; ++i) many["key" + std::to_string(i)] = std::string(40, 'v');
  build(folder / "many.db", many);
  const auto map = Map::open(folder / "many.db", Kind::hash);
  ASSERT_TRUE(map);
  ASSERT_EQ(truncate((folder / "many.db").c_str(), 4096), 0);
  folder.write("many.db", "another map");
  for (int i = 0; i < 20000; ++i) {
    EXPECT_EQ((*map)->find("key" + std::to_string(i)).value(), std::string(40, 'v'));
  }
}

TEST(Map, IsOpenedByWhoeverMay) {
  const test::TemporaryDirectory folder;
  build(folder / "access.db", kAccess);
  std::string asked;
  const OpenFile elsewhere = [&](const std::string& path) {
    asked = path;
    return open_to_read(folder / "access.db");
  };
  const auto map = Map::open("/nonexistent/access.db", Kind::hash, elsewhere);
  ASSERT_TRUE(map) << map.error().what;
  EXPECT_EQ(asked, "/nonexistent/access.db");
  EXPECT_EQ((*map)->find("connect:192.0.2.1").value(), "REJECT");
}

// CVE-2017-10140: settings of whoever owns the working directory.
TEST(Map, TakesNoSettingsFromTheWorkingDirectory) {
  const test::TemporaryDirectory folder;
  build(folder / "access.db", kAccess);
  folder.write("DB_CONFIG", "no such setting\nset_lg_dir /nonexistent\n");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto map = Map::open("access.db", Kind::hash);
  std::filesystem::current_path(before);
  ASSERT_TRUE(map) << map.error().what;
  EXPECT_EQ((*map)->find("connect:192.0.2.1").value(), "REJECT");
}

// What a damaged file answers does not matter; that we live on does.
TEST_P(EveryKind, SurvivesDamagedFiles) {
  const test::TemporaryDirectory folder;
  const auto [kind, with_nul] = GetParam();
  Pairs pairs = kAccess;
  for (int i = 0; i < 300; ++i) pairs["key" + std::to_string(i)] = std::string(30, 'v');
  pairs["long"] = std::string(9'000, 'x');
  build(folder / "good.db", pairs, {.kind = kind, .with_nul = with_nul});
  const std::string good = test::read_file(folder / "good.db");
  std::minstd_rand random(7);
  for (int seed = 0; seed < 250; ++seed) {
    std::string bytes = good;
    if (seed % 25 == 0) bytes.resize(random() % bytes.size());
    for (std::size_t flips = 1 + random() % 8; flips > 0 && !bytes.empty(); --flips) {
      // Mostly in the heads of pages, where the numbers are.
      const std::size_t page = random() % bytes.size() / 4096 * 4096;
      const std::size_t at = page + random() % (random() % 4 == 0 ? 4096 : 80);
      if (at < bytes.size()) bytes[at] = static_cast<char>(random());
    }
    const std::string path = folder.write("bad.db", bytes);
    const auto map = Map::open(path, kind);
    if (!map) continue;
    for (const auto& [key, value] : kAccess) (void)(*map)->find(key);
    (void)(*map)->find("long");
    int visited = 0;
    (void)(*map)->for_each([&](std::string_view, std::string_view) { return ++visited < 10000; });
  }
}

}  // namespace
}  // namespace signet::db
