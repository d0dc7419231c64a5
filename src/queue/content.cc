#include "queue/content.h"

#include <algorithm>

namespace signet::queue {

bool MemoryBudget::take(std::uint64_t bytes) {
  auto used = used_.load();
  do {
    if (bytes > limit_ || used > limit_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes));
  return true;
}

Result<std::string> MemoryContent::read(std::uint64_t offset, std::size_t most) const {
  if (offset >= octets_.size()) return std::string();
  return octets_.substr(static_cast<std::size_t>(offset), most);
}

Result<std::string> DiskContent::read(std::uint64_t offset, std::size_t most) const {
  const auto left = offset >= size() ? 0 : size() - offset;
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(most, left));
  std::string octets;
  Result<void> done;
  // libstdc++ 12 offers more than it was asked for.
  octets.resize_and_overwrite(wanted, [&](char* to, std::size_t) {
    done = read_to({to, wanted}, offset);
    return done ? wanted : 0;
  });
  if (!done) return std::unexpected(std::move(done).error());
  return octets;
}

Result<void> DiskContent::read_to(std::span<char> whole, std::uint64_t offset) const {
  const auto first = static_cast<std::size_t>(
      offset >= parts_.bytes ? 0 : std::min<std::uint64_t>(whole.size(), parts_.bytes - offset));
  if (first > 0) {
    const auto got = parts_.segment->read_at(parts_.offset + offset, whole.first(first));
    if (!got) return std::unexpected(got.error());
    if (*got < first) return permanent("a segment is shorter than it was");
  }
  if (first < whole.size()) {
    const auto rest = whole.subspan(first);
    const auto got = parts_.body->read_at(offset + first - parts_.bytes, rest);
    if (!got) return std::unexpected(got.error());
    if (*got < rest.size()) return permanent("a body file is shorter than it was");
  }
  return {};
}

}  // namespace signet::queue
