// The spool on the real disk with its real threads.
#include "signet/queue/journal_spool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <numeric>
#include <thread>

#include "support/loop_runner.h"
#include "support/temporary_directory.h"

namespace signet::queue {
namespace {

constexpr int kLoops = 4;

WallTime at(std::int64_t second) { return WallTime{std::chrono::seconds{second}}; }

mail::Envelope envelope(const std::string& id, std::size_t recipients = 1) {
  mail::Envelope one;
  one.id = id;
  one.sender = "s@example.org";
  one.arrived = at(1000);
  for (std::size_t i = 0; i < recipients; ++i) one.recipients.push_back({"r@example.org"});
  return one;
}

// One loop that a test drives by hand: runs until what it waits for has come.
class QueueOnDisk : public testing::Test {
 protected:
  QueueOnDisk() { options_.directory = directory_ / "queue"; }
  ~QueueOnDisk() override { close(); }
  QueueOnDisk(const QueueOnDisk&) = delete;
  QueueOnDisk& operator=(const QueueOnDisk&) = delete;

  void open() {
    auto recovered = open_journal(options_);
    ASSERT_TRUE(recovered) << recovered.error().what;
    spool_ = std::move(recovered->spool);
    waiting_ = std::move(recovered->waiting);
    remarks_ = std::move(recovered->remarks);
  }
  void close() {
    if (spool_) spool_->flush();
    spool_.reset();
  }
  void reopen() {
    close();
    open();
  }

  Result<Committed> commit(std::unique_ptr<Draft> draft, mail::Envelope envelope,
                           std::string head = "Received: x\r\n") {
    std::optional<Result<Committed>> got;
    spool_->commit(std::move(draft), std::move(envelope), std::move(head),
                   [&](Result<Committed> committed) {
                     got = std::move(committed);
                     loop_.stop();
                   });
    loop_.run();
    return std::move(*got);
  }
  Result<Committed> commit(const std::string& id, std::string_view content) {
    auto draft = spool_->begin(loop_);
    draft->append(content);
    return commit(std::move(draft), envelope(id));
  }
  Result<std::shared_ptr<Message>> load(Key key) {
    std::optional<Result<std::shared_ptr<Message>>> got;
    spool_->load(key, loop_, [&](Result<std::shared_ptr<Message>> loaded) {
      got = std::move(loaded);
      loop_.stop();
    });
    loop_.run();
    return std::move(*got);
  }
  std::vector<std::filesystem::path> files(const std::string& extension) {
    std::vector<std::filesystem::path> found;
    for (const auto& one : std::filesystem::directory_iterator(options_.directory / "journal/1")) {
      if (one.path().extension() == extension) found.push_back(one.path());
    }
    return found;
  }

  test::TemporaryDirectory directory_;
  JournalOptions options_;
  loop::Loop loop_;
  std::unique_ptr<Spool> spool_;
  std::vector<Waiting> waiting_;
  std::vector<std::string> remarks_;
};

std::string all_of(const Content& content, std::size_t step = 100000) {
  std::string text;
  while (text.size() < content.size()) {
    const auto piece = content.read(text.size(), step);
    if (!piece || piece->empty()) break;
    text += *piece;
  }
  return text;
}

// Company is waited for, but only for a moment: these never come.
TEST_F(QueueOnDisk, CommitsBesideDraftsThatGoOnGrowing) {
  open();
  std::vector<std::unique_ptr<Draft>> others;
  for (int i = 0; i < 3; ++i) others.push_back(spool_->begin(loop_));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(commit("A" + std::to_string(i), "text"));
  others.clear();
  EXPECT_TRUE(commit("B", "text"));
}

TEST_F(QueueOnDisk, CommitsFromMemoryAndFindsItAgain) {
  open();
  auto committed = commit("6BNAbc12000001", "Subject: a\r\n\r\nhello\r\n");
  ASSERT_TRUE(committed);
  EXPECT_EQ(committed->id(), "6BNAbc12000001");
  EXPECT_EQ(committed->message()->content->in_memory(),
            "Received: x\r\nSubject: a\r\n\r\nhello\r\n");
  const auto key = committed->message()->key;
  reopen();
  ASSERT_EQ(waiting_.size(), 1U);
  EXPECT_EQ(waiting_[0].key, key);
  EXPECT_EQ(waiting_[0].arrived, at(1000));
  EXPECT_TRUE(remarks_.empty());
  const auto loaded = load(key);
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->envelope, envelope("6BNAbc12000001"));
  EXPECT_EQ(all_of(*(*loaded)->content, 3), "Received: x\r\nSubject: a\r\n\r\nhello\r\n");
}

TEST_F(QueueOnDisk, ForgottenIsGone) {
  open();
  const auto one = commit("6BNAbc12000001", "a");
  const auto two = commit("6BNAbc12000002", "b");
  spool_->forget(one->message()->key);
  reopen();
  ASSERT_EQ(waiting_.size(), 1U);
  EXPECT_EQ(waiting_[0].key, two->message()->key);
  EXPECT_FALSE(load(one->message()->key));
}

TEST_F(QueueOnDisk, ProgressAddsUpAcrossStarts) {
  open();
  auto draft = spool_->begin(loop_);
  draft->append("x");
  const auto key = commit(std::move(draft), envelope("6BNAbc12000001", 3))->message()->key;
  spool_->record(
      {.key = key, .finished = {1}, .when = at(2000), .next_attempt = at(2300), .status = "one"});
  reopen();
  EXPECT_EQ(waiting_.at(0).next_attempt, at(2300));
  spool_->record({.key = key,
                  .finished = {2},
                  .when = at(2300),
                  .next_attempt = at(2900),
                  .status = "two",
                  .warned = true});
  spool_->record({.key = key, .attempted = false, .next_attempt = at(3000), .status = "three"});
  reopen();
  const auto loaded = load(key);
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->done, (std::vector<bool>{false, true, true}));
  EXPECT_EQ((*loaded)->attempts, 2);
  EXPECT_EQ((*loaded)->last_attempt, at(2300));
  EXPECT_EQ((*loaded)->next_attempt, at(3000));
  EXPECT_EQ((*loaded)->status, "three");
  EXPECT_TRUE((*loaded)->warned);
}

TEST_F(QueueOnDisk, LargeContentGoesThroughABodyFile) {
  options_.body_file_bytes = 1000;
  open();
  std::string content(3000000, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i * 7 % 26);
  auto draft = spool_->begin(loop_);
  for (std::size_t i = 0; i < content.size(); i += 7777) {
    draft->append(std::string_view(content).substr(i, 7777));
  }
  const auto committed = commit(std::move(draft), envelope("6BNAbc12000001"));
  ASSERT_TRUE(committed);
  EXPECT_TRUE(committed->message()->content->in_memory().empty());
  EXPECT_EQ(all_of(*committed->message()->content), "Received: x\r\n" + content);
  EXPECT_EQ(files(".body").size(), 1U);
  const auto key = committed->message()->key;
  reopen();
  EXPECT_EQ(all_of(*(*load(key))->content, 999), "Received: x\r\n" + content);
  spool_->forget(key);
  close();
  EXPECT_TRUE(files(".body").empty());
}

TEST_F(QueueOnDisk, AbandonedDraftLeavesNothing) {
  options_.body_file_bytes = 10;
  open();
  {
    const auto draft = spool_->begin(loop_);
    draft->append(std::string(500000, 'x'));
  }
  spool_->flush();
  EXPECT_TRUE(files(".body").empty());
  reopen();
  EXPECT_TRUE(waiting_.empty());
}

TEST_F(QueueOnDisk, RelievesACongestedDraft) {
  options_.body_file_bytes = 10;
  open();
  auto draft = spool_->begin(loop_);
  bool relieved = false;
  while (!draft->congested()) draft->append(std::string(8U << 20, 'x'));
  draft->on_relief([&] {
    relieved = true;
    loop_.stop();
  });
  loop_.run();
  EXPECT_TRUE(relieved);
  EXPECT_FALSE(draft->congested());
}

TEST_F(QueueOnDisk, ADraftIsReadWhileItGrows) {
  open();
  for (const std::size_t size : {std::size_t{10}, std::size_t{3} << 20}) {
    auto draft = spool_->begin(loop_);
    std::string text;
    while (text.size() < size) text += std::to_string(text.size()) + "\r\n";
    draft->append(text);
    std::string got;
    bool end = false;
    while (!end) {
      bool answered = false;
      draft->read(got.size(), 65535, [&](Result<std::string> octets) {
        ASSERT_TRUE(octets);
        EXPECT_LE(octets->size(), 65535U);
        end = octets->empty();
        got += *octets;
        answered = true;
      });
      EXPECT_FALSE(answered);  // never inside the call
      ASSERT_TRUE(test::run_until(loop_, [&] { return answered; }));
    }
    EXPECT_EQ(got, text);
    // What is asked of a draft that is gone then is not answered.
    draft->read(0, 10, [](const Result<std::string>&) { FAIL(); });
    draft.reset();
    spool_->flush();
    test::run_rounds(loop_);
  }
}

TEST_F(QueueOnDisk, ReliefDiesWithItsDraft) {
  options_.body_file_bytes = 10;
  open();
  auto draft = spool_->begin(loop_);
  draft->append(std::string(4U << 20, 'x'));
  draft->on_relief([] { FAIL() << "the draft is gone"; });
  draft.reset();
  spool_->flush();
  loop_.stop();
  loop_.run();
}

TEST_F(QueueOnDisk, BeyondTheMemoryLimitContentIsReadFromDisk) {
  options_.memory_bytes = 100;
  open();
  const auto small = commit("6BNAbc12000001", std::string(50, 'a'));
  const auto large = commit("6BNAbc12000002", std::string(60, 'b'));
  EXPECT_FALSE(small->message()->content->in_memory().empty());
  EXPECT_TRUE(large->message()->content->in_memory().empty());
  EXPECT_EQ(all_of(*large->message()->content), "Received: x\r\n" + std::string(60, 'b'));
}

TEST_F(QueueOnDisk, OneProcessHoldsTheLock) {
  open();
  const auto second = open_journal(options_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::temporary);
  EXPECT_NE(second.error().what.find("locked"), std::string::npos);
}

TEST_F(QueueOnDisk, ListsBesideTheRunningSpool) {
  EXPECT_TRUE(list_journal(options_.directory)->empty());
  open();
  std::ignore = commit("6BNAbc12000001", "a");
  const auto two = commit("6BNAbc12000002", "b");
  std::ignore = commit("6BNAbc12000003", "c");
  spool_->record({.key = two->message()->key, .next_attempt = at(9), .status = "waits"});
  spool_->flush();
  const auto listed = list_journal(options_.directory);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 3U);
  EXPECT_EQ((*listed)[0].envelope.id, "6BNAbc12000001");
  EXPECT_EQ((*listed)[1].status, "waits");
  close();
  EXPECT_EQ(list_journal(options_.directory)->size(), 3U);
}

TEST_F(QueueOnDisk, OlderEpochsAreAdopted) {
  options_.body_file_bytes = 1000;
  open();
  std::ignore = commit("6BNAbc12000001", "small");
  const auto key = commit("6BNAbc12000002", std::string(5000, 'L'))->message()->key;
  spool_->record({.key = key, .next_attempt = at(5000), .status = "slow"});
  const auto gone = commit("6BNAbc12000003", "gone");
  spool_->forget(gone->message()->key);
  close();
  // Another host's journal becomes home; ours is the older epoch beside it.
  std::filesystem::create_directory(options_.directory / "journal/2");
  open();
  ASSERT_EQ(waiting_.size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(options_.directory / "journal/1"));
  const auto loaded = load(waiting_[1].key);
  ASSERT_TRUE(loaded);
  EXPECT_EQ((*loaded)->envelope.id, "6BNAbc12000002");
  EXPECT_EQ((*loaded)->status, "slow");
  EXPECT_EQ(all_of(*(*loaded)->content), "Received: x\r\n" + std::string(5000, 'L'));
  reopen();
  EXPECT_EQ(waiting_.size(), 2U);
}

TEST_F(QueueOnDisk, ManyLoopsCommitAtOnce) {
  options_.segment_bytes = 100000;  // several segments, compaction too
  open();
  constexpr int kEach = 200;
  std::vector<std::jthread> threads;
  std::atomic<int> kept{0};
  for (int t = 0; t < kLoops; ++t) {
    threads.emplace_back([&, t] {
      loop::Loop loop;
      int answered = 0;
      for (int i = 0; i < kEach; ++i) {
        auto draft = spool_->begin(loop);
        draft->append(std::string(static_cast<std::size_t>(i), 'x'));
        const auto id = "m" + std::to_string(t) + "." + std::to_string(i);
        spool_->commit(std::move(draft), envelope(id), "", [&, i](Result<Committed> committed) {
          ASSERT_TRUE(committed);
          const auto key = committed->message()->key;
          if (i % 10 == 0) {
            ++kept;
            spool_->record({.key = key, .next_attempt = at(i), .status = "kept"});
          } else {
            spool_->forget(key);
          }
          if (++answered == kEach) loop.stop();
        });
      }
      loop.run();
    });
  }
  threads.clear();
  reopen();
  EXPECT_EQ(waiting_.size(), static_cast<std::size_t>(kept.load()));
  for (const auto& one : waiting_) {
    const auto loaded = load(one.key);
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ((*loaded)->status, "kept");
  }
}

TEST_F(QueueOnDisk, DeadSegmentsAreRemoved) {
  options_.segment_bytes = 20000;
  open();
  const auto kept = commit("kept", "k")->message()->key;
  for (int i = 0; i < 200; ++i) {
    spool_->forget(commit("6BNAbc12000001", std::string(1000, 'x'))->message()->key);
  }
  for (int i = 0; i < 50 && files(".segment").size() > 2; ++i) {
    std::ignore = commit("6BNAbc12000002", "y");
  }
  EXPECT_LE(files(".segment").size(), 2U);
  EXPECT_TRUE(load(kept));
  reopen();
  EXPECT_TRUE(load(kept));
}

TEST_F(QueueOnDisk, DamageInTheMiddleCostsOnlyWhatItHit) {
  open();
  std::ignore = commit("one", std::string(100, 'a'));
  std::ignore = commit("two", std::string(100, 'b'));
  std::ignore = commit("three", std::string(100, 'c'));
  close();
  const auto segment = options_.directory / "journal/1/1.segment";
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    const auto text = test::read_file(segment);
    file.seekp(static_cast<std::streamoff>(text.find("bbbb")));
    file << "?";
  }
  open();
  EXPECT_EQ(waiting_.size(), 2U);
  ASSERT_EQ(remarks_.size(), 1U);
  EXPECT_NE(remarks_[0].find("damaged"), std::string::npos) << remarks_[0];
}

TEST_F(QueueOnDisk, SaysHowMuchRoomThereIs) {
  open();
  EXPECT_GT(spool_->room().free_bytes, 0U);
  EXPECT_FALSE(spool_->room().failed);
}

}  // namespace
}  // namespace signet::queue
