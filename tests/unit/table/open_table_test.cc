#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "signet/db/map.h"
#include "signet/table/table.h"
#include "support/temporary_directory.h"
#include "table/file_table.h"

namespace signet::table {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

void build(const std::string& path, const Pairs& pairs, db::Kind kind = db::Kind::hash) {
  auto builder = db::Builder::create(path, {.kind = kind});
  ASSERT_TRUE(builder);
  for (const auto& [key, value] : pairs) ASSERT_TRUE((*builder)->add(key, value));
  ASSERT_TRUE((*builder)->finish());
}

// A table whose clock stands until it is moved.
class MovedClock {
 public:
  Clock clock() {
    return [this] { return TimePoint(std::chrono::seconds(seconds_.load())); };
  }
  void move(int seconds) { seconds_ += seconds; }

 private:
  std::atomic<int> seconds_ = 1000;
};

std::string answer(const std::shared_ptr<const Table>& table, std::string_view key) {
  const auto found = table->find(key);
  if (!found) return "!" + found.error().what;
  return found->value_or("-");
}

// One that reads for long has an older file than one that begins behind it: they do not overlap.
TEST(Table, ReadsOneChangeAtATime) {
  const test::TemporaryDirectory folder;
  folder.write("t", "0");
  MovedClock clock;
  std::atomic<bool> reads{false};
  std::atomic<bool> go_on{false};
  std::atomic<int> opens{0};
  struct Fixed final : Source {
    std::string value;
    [[nodiscard]] Result<std::optional<std::string>> find(std::string_view) const override {
      return value;
    }
  };
  const auto open = [&]() -> Result<std::shared_ptr<const Source>> {
    auto made = std::make_shared<Fixed>();
    const int number = opens++;
    made->value = std::to_string(number);
    if (number == 1) {
      reads = true;
      go_on.wait(false);
    }
    return std::shared_ptr<const Source>(std::move(made));
  };
  const Spec spec{.type = "text", .file = folder / "t"};
  const auto table = FileTable::open(spec, folder / "t", open, {}, clock.clock());
  ASSERT_TRUE(table);
  folder.write("t", "11");
  clock.move(2);
  std::thread slow([&] { EXPECT_TRUE((*table)->find("a")); });
  while (!reads) std::this_thread::yield();
  folder.write("t", "222");
  clock.move(2);
  EXPECT_EQ((*table)->find("a").value(), "0");
  go_on = true;
  go_on.notify_all();
  slow.join();
  clock.move(2);
  EXPECT_EQ((*table)->find("a").value(), "2");
}

TEST(Table, AsksEveryTypeOfMap) {
  const test::TemporaryDirectory folder;
  build(folder / "h.db", {{"a", "1"}}, db::Kind::hash);
  build(folder / "b.db", {{"a", "1"}}, db::Kind::btree);
  folder.write("t", "# comment\n\na\t1\nb\na 2\n");
  const Spec specs[] = {{.type = "hash", .file = folder / "h"},
                        {.type = "hash", .file = folder / "h.db"},
                        {.type = "btree", .file = folder / "b"},
                        {.type = "text", .file = folder / "t"}};
  for (const auto& spec : specs) {
    const auto table = open_table(spec);
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ((*table)->name(), spec.type + ":" + spec.file);
    EXPECT_EQ(answer(*table, "a"), "1");
    EXPECT_EQ(answer(*table, "A"), "1");
    EXPECT_EQ(answer(*table, "b"), "-");
  }
}

TEST(Table, ObeysTheOptionsOfAMap) {
  const test::TemporaryDirectory folder;
  build(folder / "m.db", {{"a", "1"}, {"B", "2"}, {"padded", " x \r"}, {"blank", ""}});
  const struct {
    Spec spec;
    const char* key;
    const char* want;
  } cases[] = {
      {{}, "A", "1"},
      {{}, "B", "-"},
      {{}, "padded", "x"},
      {{}, "blank", ""},
      {{.keep_case = true}, "B", "2"},
      {{.keep_case = true}, "A", "-"},
      {{.match_only = true}, "A", "A"},
      {{.append = "<OK>"}, "a", "1<OK>"},
      {{.match_only = true, .append = "."}, "a", "a."},
      {{.append = "."}, "none", "-"},
  };
  for (const auto& one : cases) {
    Spec spec = one.spec;
    spec.file = folder / "m";
    const auto table = open_table(spec);
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(answer(*table, one.key), one.want) << one.key;
  }
}

TEST(Table, TakesColumnsOfAText) {
  const test::TemporaryDirectory folder;
  const std::string file = folder.write("t", "root:x:0::Super User\r\nBob:x:1:5:Bob B\nshort:x\n");
  Spec spec{.type = "text", .file = file, .key_column = 0, .value_column = 4, .delimiter = ":"};
  auto table = open_table(spec);
  ASSERT_TRUE(table);
  EXPECT_EQ(answer(*table, "root"), "Super User");
  EXPECT_EQ(answer(*table, "bob"), "Bob B");
  EXPECT_EQ(answer(*table, "short"), "-");
  spec.match_only = true;
  table = open_table(spec);
  ASSERT_TRUE(table);
  EXPECT_EQ(answer(*table, "short"), "short");
}

TEST(Table, SaysWhyItCannotBeOpened) {
  const test::TemporaryDirectory folder;
  folder.write("bad.db", "no map at all");
  const struct {
    Spec spec;
    const char* what;
  } cases[] = {
      {{.type = "hash", .file = folder / "none"}, "none.db: No such file"},
      {{.type = "text", .file = folder / "none"}, "none: No such file"},
      {{.type = "text", .file = folder.path().string()}, "not a regular file"},
      {{.type = "hash", .file = folder / "bad"}, "not a hash map"},
      {{.type = "hash", .file = folder / "bad", .optional = true}, "not a hash map"},
      {{.type = "nis", .file = "x"}, "unknown type of map: nis"},
  };
  for (const auto& one : cases) {
    const auto table = open_table(one.spec);
    ASSERT_FALSE(table) << one.what;
    EXPECT_NE(table.error().what.find(one.what), std::string::npos) << table.error().what;
  }
}

TEST(Table, SeesAnOptionalFileThatComesLater) {
  const test::TemporaryDirectory folder;
  MovedClock clock;
  const auto table = open_table({.file = folder / "a", .optional = true}, {}, clock.clock());
  ASSERT_TRUE(table) << table.error().what;
  EXPECT_EQ(answer(*table, "a"), "-");
  build(folder / "a.db", {{"a", "1"}});
  clock.move(1);
  EXPECT_EQ(answer(*table, "a"), "1");
}

TEST(Table, LooksAtItsFileOnceASecond) {
  const test::TemporaryDirectory folder;
  MovedClock clock;
  build(folder / "a.db", {{"a", "old"}});
  const auto table = open_table({.file = folder / "a"}, {}, clock.clock());
  ASSERT_TRUE(table);
  EXPECT_EQ(answer(*table, "a"), "old");
  build(folder / "a.db", {{"a", "new"}});
  EXPECT_EQ(answer(*table, "a"), "old");
  clock.move(1);
  EXPECT_EQ(answer(*table, "a"), "new");
}

TEST(Table, KeepsTheOldAnswersWhileTheNewFileIsBad) {
  const test::TemporaryDirectory folder;
  MovedClock clock;
  build(folder / "a.db", {{"a", "old"}});
  const auto table = open_table({.file = folder / "a"}, {}, clock.clock());
  ASSERT_TRUE(table);
  EXPECT_EQ(answer(*table, "a"), "old");

  std::filesystem::rename(folder / "a.db", folder / "away.db");
  clock.move(1);
  EXPECT_EQ(answer(*table, "a"), "old");

  folder.write("a.db", "half a map");
  clock.move(1);
  EXPECT_EQ(answer(*table, "a"), "old");

  std::filesystem::remove(folder / "a.db");
  build(folder / "a.db", {{"a", "new"}});
  clock.move(1);
  EXPECT_EQ(answer(*table, "a"), "new");
}

TEST(Table, TellsWhenItsFileStaysBadAndWhenItIsGoodAgain) {
  const test::TemporaryDirectory folder;
  MovedClock clock;
  build(folder / "a.db", {{"a", "old"}});
  std::vector<std::string> told;
  const Upkeep upkeep{.tell = [&](std::string_view text) { told.emplace_back(text); }};
  const auto table = open_table({.file = folder / "a"}, upkeep, clock.clock());
  ASSERT_TRUE(table);
  const auto look = [&](int times) {
    for (int i = 0; i < times; ++i) {
      clock.move(1);
      std::ignore = answer(*table, "a");
    }
  };
  folder.write("a.db", "half a map");  // as during a rebuild: no news
  look(2);
  EXPECT_TRUE(told.empty());
  look(10);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].starts_with("hash:" + (folder / "a") + ": opening ")) << told[0];
  EXPECT_TRUE(told[0].ends_with("; what was read before answers on")) << told[0];
  std::filesystem::remove(folder / "a.db");
  build(folder / "a.db", {{"a", "new"}});
  look(2);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1], "hash:" + (folder / "a") + ": read again");
}

TEST(Table, ReadsAChangedTextAnew) {
  const test::TemporaryDirectory folder;
  MovedClock clock;
  const Spec spec{.type = "text", .file = folder.write("t", "a 1\n")};
  const auto table = open_table(spec, {}, clock.clock());
  ASSERT_TRUE(table);
  EXPECT_EQ(answer(*table, "a"), "1");
  folder.write("t", "a 23\n");
  clock.move(1);
  EXPECT_EQ(answer(*table, "a"), "23");
}

// Who asks never waits for the disk: only the keeper looks, and it hears when the table is gone.
TEST(Table, LeavesItsFileToAKeeper) {
  const test::TemporaryDirectory folder;
  MovedClock clock;
  build(folder / "a.db", {{"a", "old"}});
  std::vector<Look> kept;
  const Upkeep upkeep{.keep = [&](Look look) { kept.push_back(std::move(look)); }};
  auto table = open_table({.file = folder / "a"}, upkeep, clock.clock());
  ASSERT_TRUE(table);
  ASSERT_EQ(kept.size(), 1U);
  build(folder / "a.db", {{"a", "new"}});
  clock.move(10);
  EXPECT_EQ(answer(*table, "a"), "old");
  EXPECT_TRUE(kept.front()());
  EXPECT_EQ(answer(*table, "a"), "new");
  table->reset();
  EXPECT_FALSE(kept.front()());
}

TEST(Table, AnswersManyThreadsWhileItsFileIsReplaced) {
  const test::TemporaryDirectory folder;
  MovedClock clock;
  build(folder / "a.db", {{"a", "0"}});
  const auto table = open_table({.file = folder / "a"}, {}, clock.clock());
  ASSERT_TRUE(table);
  std::atomic<bool> over = false;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> readers;
    for (int t = 0; t < 3; ++t) {
      readers.emplace_back([&] {
        while (!over) {
          const auto found = (*table)->find("a");
          if (!found || !*found) ++wrong;
        }
      });
    }
    for (int i = 1; i <= 20; ++i) {
      build(folder / "a.db", {{"a", std::to_string(i)}});
      clock.move(1);
      (void)(*table)->find("a");
    }
    over = true;
  }
  EXPECT_EQ(wrong, 0);
  clock.move(1);
  EXPECT_EQ(answer(*table, "a"), "20");
}

}  // namespace
}  // namespace signet::table
