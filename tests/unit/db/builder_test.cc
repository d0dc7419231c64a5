#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "signet/db/map.h"
#include "support/temporary_directory.h"

namespace signet::db {
namespace {

std::unique_ptr<Builder> start(const std::string& path, const BuildOptions& options = {}) {
  auto builder = Builder::create(path, options);
  EXPECT_TRUE(builder) << builder.error().what;
  return builder ? std::move(*builder) : nullptr;
}

std::optional<std::string> look_up(const std::string& path, std::string_view key) {
  const auto map = Map::open(path, Kind::hash);
  return map ? (*map)->find(key).value_or(std::nullopt) : std::nullopt;
}

mode_t mode_of(const std::string& path) {
  struct stat state {};
  EXPECT_EQ(stat(path.c_str(), &state), 0);
  return state.st_mode & 0777;
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(Builder, KeepsTheFirstValueOfAKeyUnlessToldToReplace) {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.db";
  auto builder = start(path);
  EXPECT_EQ(builder->add("a", "1").value(), Builder::Added::yes);
  EXPECT_EQ(builder->add("a", "2").value(), Builder::Added::duplicate);
  EXPECT_TRUE(builder->add("b", "1"));
  EXPECT_TRUE(builder->replace("b", "2"));
  ASSERT_TRUE(builder->finish());
  EXPECT_EQ(look_up(path, "a"), "1");
  EXPECT_EQ(look_up(path, "b"), "2");
}

TEST(Builder, KeepsEveryValueOfAKeyWhereDuplicatesAreAllowed) {
  for (const Kind kind : {Kind::hash, Kind::btree}) {
    for (const int count : {2, 5000}) {  // on one page; outgrown
      const test::TemporaryDirectory folder;
      const std::string path = folder / "a.db";
      auto builder = start(path, {.kind = kind, .allow_duplicates = true});
      for (int i = 0; i < count; ++i) {
        EXPECT_EQ(builder->add("key", "value " + std::to_string(i)).value(), Builder::Added::yes);
      }
      ASSERT_TRUE(builder->finish());
      const auto map = Map::open(path, kind);
      ASSERT_TRUE(map) << map.error().what;
      int seen = 0;
      EXPECT_TRUE((*map)->for_each([&](std::string_view, std::string_view value) {
        EXPECT_EQ(value, "value " + std::to_string(seen));
        return ++seen > 0;
      }));
      EXPECT_EQ(seen, count);
      EXPECT_EQ((*map)->find("key").value(), "value 0");
    }
  }
}

TEST(Builder, MakesLargeMapsThatOpen) {
  for (const Kind kind : {Kind::hash, Kind::btree}) {
    const test::TemporaryDirectory folder;
    auto builder = start(folder / "a.db", {.kind = kind});
    for (int i = 0; i < 40'000; ++i) {
      const std::string number = std::to_string(i * 7919 % 40'000);
      // Long keys stand in pages of their own, and the tree names them.
      const std::string key = i % 400 == 0 ? std::string(3000, 'k') + number : "key" + number;
      ASSERT_TRUE(builder->add(key, number));
    }
    ASSERT_TRUE(builder->finish());
    const auto map = Map::open(folder / "a.db", kind);
    ASSERT_TRUE(map) << map.error().what;
    EXPECT_EQ((*map)->find("key39").value(), "39");
  }
}

TEST(Builder, ChangesNothingWithoutFinish) {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.db";
  auto first = start(path);
  ASSERT_TRUE(first->add("a", "old"));
  ASSERT_TRUE(first->finish());
  {
    auto second = start(path);
    ASSERT_TRUE(second->add("a", "new"));
    EXPECT_EQ(look_up(path, "a"), "old");
  }
  EXPECT_EQ(look_up(path, "a"), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(Builder, LetsReadersKeepTheOldMapWhole) {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.db";
  auto first = start(path);
  ASSERT_TRUE(first->add("a", "old"));
  ASSERT_TRUE(first->finish());
  const auto reader = Map::open(path, Kind::hash);
  ASSERT_TRUE(reader);
  auto second = start(path);
  ASSERT_TRUE(second->add("a", "new"));
  ASSERT_TRUE(second->finish());
  EXPECT_EQ((*reader)->find("a").value(), "old");
  EXPECT_EQ(look_up(path, "a"), "new");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(Builder, GivesANewFileItsModeAndLeavesTheModeOfAnOldOne) {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.db";
  ASSERT_TRUE(start(path, {.mode = 0640})->finish());
  EXPECT_EQ(mode_of(path), 0640U);
  ASSERT_EQ(chmod(path.c_str(), 0604), 0);
  ASSERT_TRUE(start(path, {.mode = 0640})->finish());
  EXPECT_EQ(mode_of(path), 0604U);
}

TEST(Builder, SaysWhyItCannotBegin) {
  const test::TemporaryDirectory folder;
  const auto builder = Builder::create(folder / "none/a.db", {});
  ASSERT_FALSE(builder);
  EXPECT_EQ(builder.error().system_code, ENOENT);
}

}  // namespace
}  // namespace signet::db
