#include "db/key_filter.h"

#include <random>

#include <gtest/gtest.h>

#include "signet/db/map.h"
#include "support/temporary_directory.h"

namespace signet::db {
namespace {

TEST(KeyFilter, HoldsWhatWasSeenAndHardlyAnythingElse) {
  SeenKeys seen;
  for (int i = 0; i < 5000; ++i) seen.hashes.push_back(key_hash("from:" + std::to_string(i)));
  const KeyFilter filter(seen);
  int held = 0;
  for (int i = 0; i < 5000; ++i) {
    EXPECT_TRUE(filter.may_hold("from:" + std::to_string(i))) << i;
    held += filter.may_hold("to:" + std::to_string(i)) ? 1 : 0;
  }
  EXPECT_LT(held, 5000 / 20);
}

TEST(KeyFilter, OfNoKeysHoldsNone) {
  EXPECT_FALSE(KeyFilter(SeenKeys{}).may_hold("connect:192.0.2.1"));
}

TEST(KeyFilter, HoldsEverythingWhereNotAllKeysWereSeen) {
  EXPECT_TRUE(KeyFilter().may_hold("a"));
  EXPECT_TRUE(KeyFilter({.hashes = {key_hash("b")}, .all = false}).may_hold("a"));
}

TEST(KeyFilter, TakesAKeyWithANulForTheKey) {
  const KeyFilter filter({.hashes = {key_hash(std::string_view("a\0", 2))}});
  EXPECT_TRUE(filter.may_hold("a"));
}

// Every place a key can lie in: many pages, both ends of what fits a page, pages of its own.
TEST(KeyFilter, SeesEveryKeyOfAMap) {
  std::vector<std::string> keys;
  for (int i = 0; i < 3000; ++i) keys.push_back("key" + std::to_string(i));
  for (const std::size_t length : {500U, 1000U, 2000U, 4096U, 20000U})
    keys.emplace_back(length, 'k');
  for (const Kind kind : {Kind::hash, Kind::btree}) {
    for (const bool with_nul : {false, true}) {
      const test::TemporaryDirectory folder;
      auto builder = Builder::create(folder / "map.db", {.kind = kind, .with_nul = with_nul});
      ASSERT_TRUE(builder) << builder.error().what;
      for (const auto& key : keys) ASSERT_TRUE((*builder)->add(key, "value of " + key));
      ASSERT_TRUE((*builder)->finish());
      const auto map = Map::open(folder / "map.db", kind);
      ASSERT_TRUE(map) << map.error().what;
      for (const auto& key : keys) EXPECT_EQ((*map)->find(key).value(), "value of " + key);
      EXPECT_EQ((*map)->find("key").value(), std::nullopt);
    }
  }
}

// Every key that the cursor sees is found.
TEST(KeyFilter, FindsWhatTheCursorSees) {
  std::mt19937 random(7);
  for (const Kind kind : {Kind::hash, Kind::btree}) {
    for (const bool duplicates : {false, true}) {
      for (const int count : {1, 5, 300, 4000}) {
        for (const bool with_nul : {false, true}) {
          const test::TemporaryDirectory folder;
          auto builder =
              Builder::create(folder / "map.db",
                              {.kind = kind, .with_nul = with_nul, .allow_duplicates = duplicates});
          ASSERT_TRUE(builder);
          for (int i = 0; i < count; ++i) {
            std::string key(random() % 40, 'a');
            for (auto& c : key)
              c = static_cast<char>(random() % 5 == 0 ? random() % 256 : 'a' + random() % 3);
            if (random() % 200 == 0) key += '\0';
            const int values = duplicates && random() % 50 == 0 ? 400 : duplicates ? 3 : 1;
            for (int v = 0; v < values; ++v) {
              ASSERT_TRUE((*builder)->add(key, std::string(random() % 60, 'v')));
            }
          }
          ASSERT_TRUE((*builder)->finish());
          const auto map = Map::open(folder / "map.db", kind);
          ASSERT_TRUE(map) << map.error().what;
          std::size_t seen = 0;
          ASSERT_TRUE((*map)->for_each([&](std::string_view key, std::string_view) {
            ++seen;
            const auto found = (*map)->find(key);
            EXPECT_TRUE(found && *found) << key.size();
            return true;
          }));
          EXPECT_GT(seen, 0U);
        }
      }
    }
  }
}

}  // namespace
}  // namespace signet::db
