// The spool: where a message is safe. Spool is the interface that receive, deliver and daemon use;
// JournalSpool keeps it on disk (docs/queue.md), MemorySpool is for tests. Thread-safe; answers
// come on the loop that asked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/base/result.h"
#include "signet/loop/loop.h"
#include "signet/mail/envelope.h"

namespace signet::queue {

// Handle of a message inside one spool, valid until the message is gone.
using Key = std::uint64_t;

// The content of a message: octets in memory, or a place on disk that is read when asked.
class Content {
 public:
  virtual ~Content() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Up to `most` octets from `offset`; may block on disk when not in_memory(): then on a worker.
  [[nodiscard]] virtual Result<std::string> read(std::uint64_t offset, std::size_t most) const = 0;
  // All of it if it is in memory, else empty.
  [[nodiscard]] virtual std::string_view in_memory() const = 0;
};

// A message as the queue knows it.
struct Message {
  Key key = 0;
  mail::Envelope envelope;
  std::shared_ptr<const Content> content;  // with our Received: field in front
  std::vector<bool> done;                  // per recipient of the envelope: delivered or bounced
  int attempts = 0;
  WallTime last_attempt{};
  WallTime next_attempt{};
  std::string status;     // what mailq shows: last reason for waiting
  bool warned = false;    // "could not send for 4 hours" was sent
  bool released = false;  // from quarantine

  [[nodiscard]] bool held() const { return !envelope.quarantine.empty() && !released; }
};

// Proof that a message is on disk. Only a spool makes one; the final 250 is built from it.
class Committed final {
 public:
  [[nodiscard]] const std::string& id() const { return message_->envelope.id; }
  // For delivery from memory.
  [[nodiscard]] const std::shared_ptr<Message>& message() const { return message_; }

 private:
  friend class CommitMaker;
  explicit Committed(std::shared_ptr<Message> message) : message_(std::move(message)) {}
  std::shared_ptr<Message> message_;
};

// What was read; empty at the end.
using OnRead = std::move_only_function<void(Result<std::string>)>;

// Content being received. Small content stays in memory, large content goes to a body file by the
// committer thread. Loop thread; never blocks. Destroyed without commit: nothing remains.
class Draft {
 public:
  virtual ~Draft() = default;
  virtual void append(std::string_view bytes) = 0;
  // More is waiting for the disk than is good: stop reading the peer until on_relief is called.
  [[nodiscard]] virtual bool congested() const = 0;
  virtual void on_relief(loop::Task call) = 0;
  // Up to `most` octets of what was appended, from `offset`: for mail filters, who have a look
  // before the commit. Answered on the loop, never inside this call, and not when the draft is gone
  // by then.
  virtual void read(std::uint64_t offset, std::size_t most, OnRead answer) = 0;
};

// What became of an attempt, per message. Written with the next sync: a crash may forget it and
// repeat the attempt, never lose the message.
struct Progress {
  Key key = 0;
  std::vector<std::size_t> finished{};  // recipients (by index) delivered or bounced now
  bool attempted = true;
  WallTime when{};
  WallTime next_attempt{};
  std::string status{};
  bool warned = false;
  bool released = false;
};

using OnCommitted = std::move_only_function<void(Result<Committed>)>;
using OnLoaded = std::move_only_function<void(Result<std::shared_ptr<Message>>)>;

class Spool {
 public:
  virtual ~Spool() = default;
  // `loop`: where this draft lives and its commit is answered.
  [[nodiscard]] virtual std::unique_ptr<Draft> begin(loop::Loop& loop) = 0;
  // `head`: header fields to stand before the draft's content (Received:, missing fields).
  virtual void commit(std::unique_ptr<Draft> draft, mail::Envelope envelope, std::string head,
                      OnCommitted answer) = 0;
  virtual void record(Progress progress) = 0;
  virtual void forget(Key key) = 0;  // all recipients finished: the message is gone
  // Reads a waiting message from disk (committer or worker thread), answers on `loop`.
  virtual void load(Key key, loop::Loop& loop, OnLoaded answer) = 0;
  // Free octets and whether commits are possible at all (452 at MAIL).
  struct Room {
    std::uint64_t free_bytes = 0;
    bool failed = false;
  };
  [[nodiscard]] virtual Room room() const = 0;
  // Blocks until all that was asked before is on disk or refused, and posted. Call it when the
  // askers are gone and before their loops are destroyed; not on a loop that still serves.
  virtual void flush() = 0;
};

}  // namespace signet::queue
