// Power cuts and disk faults at every file operation of a journal's life, then recovery, then
// counting: what was promised is there exactly once, what was never offered never.
#include <gtest/gtest.h>

#include <cerrno>

#include "crash/life.h"

namespace signet::test {
namespace {

constexpr int kSteps = 60;
constexpr Survives kOutcomes[] = {Survives::nothing, Survives::everything, Survives::torn,
                                  Survives::some, Survives::some};

std::uint64_t operations_of(std::uint32_t seed) {
  CrashDisk disk;
  Ledger ledger;
  Life life(disk, ledger);
  EXPECT_TRUE(life.begin());
  life.work(seed, kSteps);
  life.settle();
  return disk.operations();
}

void expect_all_there(CrashDisk& disk, Ledger& ledger) {
  Life life(disk, ledger);
  ASSERT_TRUE(life.begin());
  // Compaction and work go on from there, and the next start finds it all again.
  life.work(99, 15);
  life.settle();
  ledger.compare(life.everything());
  const auto later = disk.crash(Survives::nothing, 0);
  Life next(*later, ledger);
  ASSERT_TRUE(next.begin());
}

TEST(JournalCrash, LosesNothingWhereverThePowerIsCut) {
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    const auto total = operations_of(seed);
    ASSERT_GT(total, 50U);
    for (std::uint64_t cut = 1; cut <= total; ++cut) {
      CrashDisk disk;
      Ledger ledger;
      {
        Life life(disk, ledger);
        disk.cut_power_at(cut);
        if (life.begin()) {
          life.work(seed, kSteps);
          life.settle();
        }
      }
      std::uint32_t outcome = 0;
      for (const auto survives : kOutcomes) {
        SCOPED_TRACE("seed " + std::to_string(seed) + " cut " + std::to_string(cut) + " outcome " +
                     std::to_string(outcome));
        auto after = disk.crash(survives, ++outcome);
        auto copy = ledger;
        expect_all_there(*after, copy);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(JournalCrash, LosesNothingWhenRecoveryAndCompactionAreCutToo) {
  constexpr std::uint32_t kSeed = 5;
  const auto total = operations_of(kSeed);
  for (std::uint64_t first = 3; first <= total; first += 11) {
    CrashDisk disk;
    Ledger ledger;
    {
      Life life(disk, ledger);
      disk.cut_power_at(first);
      if (life.begin()) {
        life.work(kSeed, kSteps);
        life.settle();
      }
    }
    for (std::uint64_t second = 1; second <= 40; ++second) {
      const auto survives = kOutcomes[second % std::size(kOutcomes)];
      SCOPED_TRACE("cuts " + std::to_string(first) + " and " + std::to_string(second));
      auto after = disk.crash(survives, static_cast<std::uint32_t>(second));
      auto copy = ledger;
      {
        Life life(*after, copy);
        after->cut_power_at(second);
        if (life.begin()) {
          life.work(7, 10);
          life.settle();
        }
      }
      auto again = after->crash(survives, static_cast<std::uint32_t>(second + 1));
      expect_all_there(*again, copy);
      if (HasFailure()) return;
    }
  }
}

TEST(JournalCrash, LosesNothingWhereverTheDiskFails) {
  constexpr std::uint32_t kSeed = 11;
  const auto total = operations_of(kSeed);
  for (const int code : {EIO, ENOSPC}) {
    for (const std::uint64_t times : {1U, 2U, 7U}) {
      for (std::uint64_t at = 1; at <= total; ++at) {
        SCOPED_TRACE("fault " + std::to_string(code) + " at " + std::to_string(at) + " times " +
                     std::to_string(times));
        CrashDisk disk;
        Ledger ledger;
        {
          Life life(disk, ledger);
          disk.fail_at(at, code, times);
          if (life.begin()) {
            life.work(kSeed, kSteps);
            disk.heal();
            life.settle();
            life.settle();
            EXPECT_FALSE(life.failed()) << "does not recover";
            EXPECT_TRUE(life.commit("after the fault", 10));
            ledger.compare(life.everything());
          }
        }
        disk.heal();
        auto after = disk.crash(Survives::nothing, 1);
        expect_all_there(*after, ledger);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(JournalCrash, LosesNothingOverManyLives) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    Ledger ledger;
    auto disk = std::make_unique<CrashDisk>();
    std::mt19937 random(seed);
    for (int life_number = 1; life_number <= 60; ++life_number) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " life " + std::to_string(life_number));
      {
        Life life(*disk, ledger);
        disk->cut_power_at(1 + random() % 70);
        if (life.begin()) {
          life.work(static_cast<std::uint32_t>(random()), 40);
          life.settle();
        }
      }
      disk = disk->crash(kOutcomes[random() % std::size(kOutcomes)],
                         static_cast<std::uint32_t>(random()));
      if (HasFailure()) return;
    }
  }
}

TEST(JournalCrash, WhatWasRefusedDoesNotComeBack) {
  for (std::uint64_t at = 1; at <= 12; ++at) {
    CrashDisk disk;
    Ledger ledger;
    Life life(disk, ledger);
    ASSERT_TRUE(life.begin());
    disk.fail_at(disk.operations() + at, EIO);
    const bool first = life.commit("first", 100);
    const bool second = life.commit("second", 100);
    EXPECT_TRUE(first || second);
    life.settle();
    const auto after = disk.crash(Survives::everything, 0);
    Life next(*after, ledger);
    ASSERT_TRUE(next.begin());
    EXPECT_EQ(next.everything().count("first"), first ? 1U : 0U) << at;
    EXPECT_EQ(next.everything().count("second"), second ? 1U : 0U) << at;
  }
}

TEST(JournalCrash, ADeadSegmentNeverBringsItsMailBack) {
  // Gone records are far from their messages, over many starts.
  CrashDisk disk;
  Ledger ledger;
  auto current = disk.crash(Survives::nothing, 0);
  for (std::uint32_t round = 1; round <= 60; ++round) {
    Life life(*current, ledger);
    ASSERT_TRUE(life.begin());
    ledger.compare(life.everything());
    life.work(round, 25);
    life.settle();
    ASSERT_FALSE(HasFailure()) << round;
    // All is synced after settle(): nothing that ended may come back, in any outcome.
    EXPECT_EQ(life.everything().size(), ledger.promised()) << round;
    current = current->crash(Survives::nothing, round);
    Life look(*current, ledger);
    ASSERT_TRUE(look.begin());
    EXPECT_EQ(look.everything().size(), ledger.promised()) << round;
    current = current->crash(Survives::nothing, round);
  }
}

TEST(JournalCrash, KeepsAboutAsMuchAsIsAlive) {
  CrashDisk disk;
  Ledger ledger;
  Life life(disk, ledger);
  ASSERT_TRUE(life.begin());
  ASSERT_TRUE(life.commit("kept", 200));
  for (int i = 0; i < 500; ++i) {
    const auto id = "m" + std::to_string(i);
    ASSERT_TRUE(life.commit(id, 200));
    life.end(id);
  }
  life.settle();
  EXPECT_LE(life.segments(), 3U);
  ledger.compare(life.everything());
}

TEST(JournalCrash, AdoptionCutAnywhereLosesAndDoublesNothing) {
  CrashDisk start;
  Ledger ledger;
  {
    Life life(start, ledger);
    ASSERT_TRUE(life.begin());
    life.work(21, 40);
    life.settle();
  }
  const auto with_newer = [&] {
    auto disk = start.crash(Survives::nothing, 0);
    const auto files = disk->boot();
    EXPECT_TRUE(files->make_directory("/queue/journal/2"));
    EXPECT_TRUE(files->sync_directory("/queue/journal"));
    return disk;
  };
  for (std::uint64_t cut = 1; cut < 80; ++cut) {
    std::uint32_t outcome = 0;
    for (const auto survives : kOutcomes) {
      SCOPED_TRACE("cut " + std::to_string(cut) + " outcome " + std::to_string(outcome));
      const auto disk = with_newer();
      auto copy = ledger;
      {
        Life life(*disk, copy);
        disk->cut_power_at(cut);
        [[maybe_unused]] const bool begun = life.begin();
      }
      auto after = disk->crash(survives, ++outcome);
      expect_all_there(*after, copy);
      if (HasFailure()) return;
    }
  }
}

TEST(JournalCrash, FlippedBitsCostOneRecordEach) {
  CrashDisk start;
  Ledger ledger;
  {
    Life life(start, ledger);
    ASSERT_TRUE(life.begin());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(life.commit("m" + std::to_string(i), 100));
  }
  const std::string segment = "/queue/journal/1/1.segment";
  const auto length = start.read(segment).size();
  for (std::uint64_t offset = 64; offset < length; offset += 3) {
    auto disk = start.crash(Survives::everything, 0);
    disk->damage(segment, offset);
    Ledger nothing_promised = ledger;
    for (int i = 0; i < 8; ++i) nothing_promised.finishing("m" + std::to_string(i));
    Life life(*disk, nothing_promised);
    ASSERT_TRUE(life.begin());
    const auto all = life.everything();
    EXPECT_GE(all.size(), 7U) << offset;  // padding may be hit: then nothing is lost
    EXPECT_EQ(all.size() < 8, !life.remarks().empty()) << offset;
  }
}

}  // namespace
}  // namespace signet::test
