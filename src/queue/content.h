// Content of queued messages: in memory while the budget allows, else where it lies on disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "queue/file_system.h"
#include "signet/queue/spool.h"

namespace signet::queue {

// How much content is kept in memory for delivery, all messages together. Any thread; outlives
// nothing: contents share it.
class MemoryBudget final {
 public:
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}
  [[nodiscard]] bool take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes) { used_.fetch_sub(bytes); }
  [[nodiscard]] std::uint64_t used() const { return used_.load(); }

 private:
  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

// Gives its octets back to the budget at the end.
class MemoryContent final : public Content {
 public:
  MemoryContent(std::string octets, std::shared_ptr<MemoryBudget> budget)
      : octets_(std::move(octets)), budget_(std::move(budget)) {}
  ~MemoryContent() override { budget_->give_back(octets_.size()); }
  MemoryContent(const MemoryContent&) = delete;
  MemoryContent& operator=(const MemoryContent&) = delete;

  [[nodiscard]] std::uint64_t size() const override { return octets_.size(); }
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const override;
  [[nodiscard]] std::string_view in_memory() const override { return octets_; }

 private:
  std::string octets_;
  std::shared_ptr<MemoryBudget> budget_;
};

// Octets of a segment, and after them those of a body file.
class DiskContent final : public Content {
 public:
  struct Parts {
    std::shared_ptr<const File> segment;
    std::uint64_t offset = 0;  // in the segment
    std::uint64_t bytes = 0;
    std::shared_ptr<const File> body{};
    std::uint64_t body_bytes = 0;
  };
  explicit DiskContent(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] std::uint64_t size() const override { return parts_.bytes + parts_.body_bytes; }
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const override;
  [[nodiscard]] std::string_view in_memory() const override { return {}; }

 private:
  [[nodiscard]] Result<void> read_to(std::span<char> whole, std::uint64_t offset) const;

  Parts parts_;
};

}  // namespace signet::queue
