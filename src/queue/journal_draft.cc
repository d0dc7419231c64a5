#include "queue/journal_draft.h"

#include <utility>

#include "queue/fetch.h"

namespace signet::queue {
namespace {

constexpr std::size_t kChunk = 128U << 10;
constexpr std::uint64_t kMostWaiting = 1ULL << 20;      // of one draft: congested above
constexpr std::uint64_t kRelieved = 256ULL << 10;       // relieved at or below
constexpr std::uint64_t kMostWaitingAll = 64ULL << 20;  // of all drafts
static_assert(kChunk < kRelieved && kRelieved < kMostWaiting);

}  // namespace

JournalDraft::JournalDraft(DraftParts parts) : parts_(std::move(parts)), growing_(parts_.growing) {}

JournalDraft::~JournalDraft() {
  flow_->relief = nullptr;
  flow_->over = true;
  if (!body_) return;
  parts_.bodies.run([body = std::move(body_), pass = Gate::Pass(parts_.gate)] { body->remove(); });
}

void JournalDraft::append(std::string_view bytes) {
  if (body_ && content_.empty()) content_.reserve(kChunk + bytes.size());
  content_ += bytes;
  if (!body_) {
    if (content_.size() <= parts_.body_file_bytes) return;
    growing_.end();
    body_ = std::make_shared<BodyFile>(parts_.files, body_path(parts_.epoch, parts_.key));
  }
  if (content_.size() >= kChunk) send_chunk();
}

// The loop outlives the worker's task: see Spool::flush.
void JournalDraft::send_chunk() {
  auto chunk = std::exchange(content_, {});
  const std::uint64_t size = chunk.size();
  body_bytes_ += size;
  flow_->waiting += size;
  parts_.traffic.waiting += size;
  parts_.bodies.run([chunk = std::move(chunk), size, body = body_, flow = flow_,
                     loop = &parts_.loop, traffic = &parts_.traffic,
                     pass = Gate::Pass(parts_.gate)] {
    body->write(chunk);
    traffic->waiting -= size;
    flow->waiting -= size;
    if (flow->wanted && flow->waiting <= kRelieved) loop->post([flow] { flow->relieve(); });
  });
}

bool JournalDraft::congested() const {
  const auto own = flow_->waiting.load();
  return own > kMostWaiting || (own > kRelieved && parts_.traffic.waiting > kMostWaitingAll);
}

void JournalDraft::on_relief(loop::Task call) {
  flow_->relief = std::move(call);
  flow_->wanted = true;
  // What was written before `wanted` was set told nobody.
  if (flow_->waiting <= kRelieved) parts_.loop.post([flow = flow_] { flow->relieve(); });
}

// A body file is read by the thread that writes it: behind all that was said before.
void JournalDraft::read(std::uint64_t offset, std::size_t most, OnRead answer) {
  auto give = [flow = flow_, answer = std::move(answer)](Result<std::string> octets) mutable {
    if (!flow->over) answer(std::move(octets));
  };
  if (!body_) {
    auto octets = offset < content_.size() ? content_.substr(offset, most) : std::string();
    return parts_.loop.post([give = std::move(give), octets = std::move(octets)]() mutable {
      give(std::move(octets));
    });
  }
  if (!content_.empty()) send_chunk();
  parts_.bodies.run([body = body_, offset, most, loop = &parts_.loop, give = std::move(give),
                     pass = Gate::Pass(parts_.gate)]() mutable {
    loop->post([give = std::move(give), octets = body->read(offset, most)]() mutable {
      give(std::move(octets));
    });
  });
}

void JournalDraft::Flow::relieve() {
  if (!relief || waiting > kRelieved) return;
  wanted = false;
  auto call = std::exchange(relief, nullptr);
  call();
}

std::shared_ptr<BodyFile> JournalDraft::take_body() {
  if (body_ && !content_.empty()) send_chunk();
  return std::exchange(body_, nullptr);
}

}  // namespace signet::queue
