#include "queue/index.h"

#include <gtest/gtest.h>

#include "queue/record.h"

namespace signet::queue {
namespace {

constexpr std::uint64_t kGone = record_bytes(8);

Index with_segments(std::uint32_t count, std::uint64_t bytes = 1000) {
  Index index;
  for (std::uint32_t number = 1; number <= count; ++number) {
    Segment segment;
    segment.bytes = bytes;
    segment.sealed = number < count;
    index.add_segment(number, segment);
  }
  return index;
}

Place place(std::uint32_t segment, std::uint32_t bytes = 100) { return {segment, bytes, 64}; }

TEST(Index, CountsWhatIsLiveInEachSegment) {
  auto index = with_segments(3);
  index.put_message(1, place(1), false);
  index.put_message(2, place(1), true);
  index.put_progress(1, place(2, 40));
  EXPECT_EQ(index.segment(1)->live, 200U);
  EXPECT_EQ(index.segment(2)->live, 40U);
  index.put_progress(1, place(3, 48));
  EXPECT_EQ(index.segment(2)->live, 0U);
  EXPECT_EQ(index.segment(3)->live, 48U);
  index.put_gone(1, 3, 1);
  EXPECT_EQ(index.segment(1)->live, 100U);
  EXPECT_EQ(index.segment(3)->live, 0U);
  EXPECT_EQ(index.find(1), std::nullopt);
  EXPECT_TRUE(index.find(2)->body);
  EXPECT_EQ(index.keys(), (std::vector<Key>{2}));
}

TEST(Index, ProgressOfAnUnknownMessageIsNothing) {
  auto index = with_segments(2);
  index.put_progress(9, place(2));
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.segment(2)->live, 0U);
}

TEST(Index, AMovedMessageLeavesItsOldSegmentBegun) {
  auto index = with_segments(3);
  index.put_message(1, place(1), false);
  index.put_progress(1, place(2, 40));
  index.put_message(1, place(3), false);
  EXPECT_EQ(index.segment(1)->live, 0U);
  EXPECT_EQ(index.segment(2)->live, 0U) << "the progress is in the message record now";
  EXPECT_EQ(index.find(1)->progress, Place{});
  EXPECT_TRUE(index.segment(1)->begun);
  EXPECT_FALSE(index.segment(2)->begun);
}

TEST(Index, GoneRecordsAreUsefulWhileTheirTargetIsThere) {
  auto index = with_segments(4, 100000);
  index.put_message(1, place(1, 50000), false);
  index.put_message(2, place(1), false);
  index.put_gone(2, 2, 1);
  EXPECT_EQ(Index::useful(*index.segment(2)), kGone);
  index.bury(3, 1);  // compaction wrote it again
  index.forget_segment(2);
  EXPECT_EQ(Index::useful(*index.segment(3)), kGone);
  index.forget_segment(1);
  EXPECT_EQ(Index::useful(*index.segment(3)), 0U);
  index.bury(3, 1);
  index.bury(3, 3);
  EXPECT_EQ(Index::useful(*index.segment(3)), 0U) << "no such target, or with it in one file";
}

TEST(IndexVictim, IsTheFirstSealedSegmentLessThanAQuarterUseful) {
  auto index = with_segments(4);
  index.put_message(1, place(1, 600), false);
  index.put_message(2, place(2, 250), false);
  index.put_message(3, place(3, 240), false);
  EXPECT_EQ(index.victim(), 3U);
  index.put_gone(3, 4, 3);
  EXPECT_EQ(index.victim(), 3U);
  index.forget_segment(3);
  EXPECT_EQ(index.victim(), 0U) << "the one that is written to is never chosen";
}

TEST(IndexVictim, OneThatWasBegunGoesFirstEvenWhenItIsStuck) {
  auto index = with_segments(4);
  index.segment(2)->begun = true;
  index.put_message(1, place(2, 900), false);
  EXPECT_EQ(index.victim(), 2U) << "before segment 1, of which nothing is useful";
  index.segment(2)->stuck = true;
  EXPECT_EQ(index.victim(), 0U);
}

TEST(IndexVictim, SmallSegmentsAreMerged) {
  auto index = with_segments(3);
  index.put_message(1, place(1, 900), false);
  index.put_message(2, place(2, 900), false);
  EXPECT_EQ(index.victim(), 0U);
  index.set_small_bytes(1001);
  EXPECT_EQ(index.victim(), 1U);
}

}  // namespace
}  // namespace signet::queue
