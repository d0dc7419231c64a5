// The whole spool, threads and all, on a disk that fails: what sessions are told, and that it comes
// back by itself.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>

#include "crash/crash_disk.h"
#include "queue/open_journal.h"

namespace signet::test {
namespace {

constexpr std::uint64_t kForEver = 1ULL << 40;
constexpr int kMostTries = 5000;

class SpoolOnFailingDisk : public testing::Test {
 protected:
  SpoolOnFailingDisk() { open(); }
  ~SpoolOnFailingDisk() override { close(); }
  SpoolOnFailingDisk(const SpoolOnFailingDisk&) = delete;
  SpoolOnFailingDisk& operator=(const SpoolOnFailingDisk&) = delete;

  void open() {
    queue::JournalOptions options;
    options.directory = "/queue";
    options.body_file_bytes = 2000;
    options.segment_bytes = 1ULL << 20;
    auto recovered = queue::open_journal(disk_->boot(), options);
    ASSERT_TRUE(recovered) << recovered.error().what;
    spool_ = std::move(recovered->spool);
    waiting_ = recovered->waiting.size();
  }
  void close() {
    spool_->flush();
    spool_.reset();
  }
  Result<queue::Committed> commit(std::size_t length) {
    auto draft = spool_->begin(loop_);
    draft->append(std::string(length, 'x'));
    mail::Envelope envelope;
    envelope.id = "id" + std::to_string(++count_);
    std::optional<Result<queue::Committed>> got;
    spool_->commit(std::move(draft), std::move(envelope), "head",
                   [&](Result<queue::Committed> committed) {
                     got = std::move(committed);
                     loop_.stop();
                   });
    loop_.run();
    return std::move(*got);
  }
  void fail_from_now(int code) { disk_->fail_at(disk_->operations() + 1, code, kForEver); }

  std::unique_ptr<CrashDisk> disk_ = std::make_unique<CrashDisk>();
  loop::Loop loop_;
  std::unique_ptr<queue::Spool> spool_;
  std::size_t waiting_ = 0;
  int count_ = 0;
};

TEST_F(SpoolOnFailingDisk, AnswersTemporaryErrorsUntilTheDiskIsWell) {
  ASSERT_TRUE(commit(100));
  fail_from_now(EIO);
  for (const std::size_t length : {100U, 5000U, 100U}) {
    const auto refused = commit(length);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::temporary);
    EXPECT_NE(refused.error().what.find("committing id"), std::string::npos);
  }
  EXPECT_TRUE(spool_->room().failed);
  disk_->heal();
  EXPECT_TRUE(commit(100));
  EXPECT_TRUE(commit(5000));
  EXPECT_FALSE(spool_->room().failed);
  close();
  disk_ = disk_->crash(Survives::nothing, 0);
  open();
  EXPECT_EQ(waiting_, 3U);
}

TEST_F(SpoolOnFailingDisk, KeepsWhatWasNotedOverAFailure) {
  const auto one = commit(100);
  const auto two = commit(100);
  fail_from_now(EIO);
  spool_->forget(one->message()->key);
  spool_->flush();
  EXPECT_TRUE(spool_->room().failed);
  disk_->heal();
  ASSERT_TRUE(commit(100));
  close();
  disk_ = disk_->crash(Survives::nothing, 0);
  open();
  EXPECT_EQ(waiting_, 2U);
}

TEST_F(SpoolOnFailingDisk, AFullDiskRefusesMailButLetsDeliveriesEnd) {
  std::vector<queue::Key> keys;
  for (int i = 0; i < 10; ++i) keys.push_back(commit(1000)->message()->key);
  disk_->fill();
  // What is reserved goes to messages down to a rest that is for deliveries.
  int tries = 0;
  while (commit(1500) && tries < kMostTries) ++tries;
  ASSERT_LT(tries, kMostTries);
  EXPECT_FALSE(spool_->room().failed);
  const auto refused = commit(1500);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().system_code, ENOSPC);
  EXPECT_FALSE(commit(5000)) << "a body needs room too";
  for (const auto key : keys) spool_->forget(key);
  spool_->flush();
  EXPECT_FALSE(spool_->room().failed);
  disk_->heal();
  EXPECT_TRUE(commit(1500));
  close();
  disk_ = disk_->crash(Survives::nothing, 0);
  open();
  EXPECT_EQ(waiting_, static_cast<std::size_t>(tries) + 1);
}

TEST_F(SpoolOnFailingDisk, StartsOnAFullDiskToDeliverWhatIsThere) {
  const auto key = commit(100)->message()->key;
  close();
  disk_->fill();
  open();
  EXPECT_EQ(waiting_, 1U);
  EXPECT_FALSE(commit(100));
  std::optional<bool> loaded;
  spool_->load(key, loop_, [&](const Result<std::shared_ptr<queue::Message>>& message) {
    loaded = message.has_value();
    loop_.stop();
  });
  loop_.run();
  EXPECT_EQ(loaded, true);
  spool_->forget(key);
  disk_->heal();
  EXPECT_TRUE(commit(100));
}

}  // namespace
}  // namespace signet::test
