// Content on its way into the journal: in memory while it is small, else in chunks to a body file
// that the body worker writes. Loop thread of its session; the worker shares only the Flow.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "queue/body_file.h"
#include "queue/gate.h"
#include "queue/growing.h"
#include "signet/loop/loop.h"
#include "signet/queue/spool.h"

namespace signet::queue {

// Octets handed to the body worker and not yet written, all drafts together.
struct BodyTraffic {
  std::atomic<std::uint64_t> waiting{0};
};

struct DraftParts {
  loop::Loop& loop;
  FileSystem& files;
  std::string epoch;
  Key key;
  std::uint64_t body_file_bytes;  // content past this goes to a body file
  loop::Workers& bodies;          // one thread: chunks keep their order
  Gate& gate;
  BodyTraffic& traffic;
  Growing::Count& growing;
};

class JournalDraft final : public Draft {
 public:
  explicit JournalDraft(DraftParts parts);
  ~JournalDraft() override;
  JournalDraft(const JournalDraft&) = delete;
  JournalDraft& operator=(const JournalDraft&) = delete;

  void append(std::string_view bytes) override;
  [[nodiscard]] bool congested() const override;
  void on_relief(loop::Task call) override;
  void read(std::uint64_t offset, std::size_t most, OnRead answer) override;

  [[nodiscard]] loop::Loop& loop() const { return parts_.loop; }
  [[nodiscard]] Key key() const { return parts_.key; }
  [[nodiscard]] std::string take_content() {  // without a body
    growing_.end();
    return std::move(content_);
  }
  // The body, all of it handed to the worker; null when the content is small. The draft does not
  // remove it any more.
  [[nodiscard]] std::shared_ptr<BodyFile> take_body();
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }

 private:
  struct Flow {
    std::atomic<std::uint64_t> waiting{0};
    std::atomic<bool> wanted{false};  // somebody waits for relief
    loop::Task relief;                // loop thread
    bool over = false;                // the draft is gone; loop thread
    void relieve();                   // loop thread
  };
  void send_chunk();

  DraftParts parts_;
  Growing growing_;
  std::string content_;  // with a body: the chunk that grows
  std::shared_ptr<BodyFile> body_;
  std::uint64_t body_bytes_ = 0;
  std::shared_ptr<Flow> flow_ = std::make_shared<Flow>();
};

}  // namespace signet::queue
