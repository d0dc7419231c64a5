// A spool in memory for tests of receive, deliver and daemon. It answers like the real one (on the
// loop that asked, never inside the call) and does what the test tells it: fail commits, hold them,
// be congested, be full. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "signet/queue/spool.h"

namespace signet::test {

class MemorySpool final : public queue::Spool {
 public:
  MemorySpool();
  ~MemorySpool() override;

  std::unique_ptr<queue::Draft> begin(loop::Loop& loop) override;
  void commit(std::unique_ptr<queue::Draft> draft, mail::Envelope envelope, std::string head,
              queue::OnCommitted answer) override;
  void record(queue::Progress progress) override;
  void forget(queue::Key key) override;
  void load(queue::Key key, loop::Loop& loop, queue::OnLoaded answer) override;
  [[nodiscard]] Room room() const override;
  void flush() override;

  // Every commit from now on, or those of one sender, is answered with `error`; nullopt: they
  // succeed again.
  void fail_commits(std::optional<Error> error, std::optional<std::string> sender = {});
  // Commits wait, unanswered, until release_commits().
  void hold_commits();
  void release_commits();
  // All drafts say congested(); relieve() ends it and calls their on_relief.
  void congest();
  void relieve();
  void set_room(Room room);
  // A message that waits from an earlier life: load() gives it.
  queue::Key put(mail::Envelope envelope, std::string content);

  [[nodiscard]] std::size_t held() const;                      // commits waiting for release
  [[nodiscard]] std::size_t drafts() const;                    // alive, not committed
  [[nodiscard]] std::vector<queue::Message> messages() const;  // accepted, not forgotten
  [[nodiscard]] std::string content(queue::Key key) const;     // of a message still here
  [[nodiscard]] const std::vector<queue::Progress>& progress() const;  // all that was recorded
  [[nodiscard]] const std::vector<queue::Key>& forgotten() const;

 private:
  class MemoryDraft;
  struct Held;
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace signet::test
