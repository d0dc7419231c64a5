#include "table/file_table.h"

#include <sys/stat.h>

#include "signet/base/text.h"

namespace signet::table {
namespace {

constexpr std::int64_t kLookEvery = 1'000'000'000;  // nanoseconds

std::int64_t steady_now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

FileTable::FileTable(Spec spec, std::string path, OpenSource open,
                     std::shared_ptr<const Source> first)
    : spec_(std::move(spec)),
      path_(std::move(path)),
      name_(spec_.type + ":" + spec_.file),
      open_(std::move(open)),
      looked_(steady_now()),
      state_(State{.source = std::move(first), .stamp = look()}) {}

FileTable::Stamp FileTable::look() const {
  struct stat state {};
  if (stat(path_.c_str(), &state) != 0) return {};
  return {.there = true,
          .device = state.st_dev,
          .inode = state.st_ino,
          .size = state.st_size,
          .changed = state.st_mtim.tv_sec * 1'000'000'000L + state.st_mtim.tv_nsec};
}

std::shared_ptr<const Source> FileTable::current() const {
  auto before = looked_.load(std::memory_order_relaxed);
  const auto now = steady_now();
  // One thread looks, the others go on with what is there.
  if (now - before >= kLookEvery && looked_.compare_exchange_strong(before, now)) {
    const Stamp stamp = look();
    const bool changed = state_.with([&](const State& state) { return state.stamp != stamp; });
    if (changed) {
      // While the new file cannot be read (half written, no permission) the old one answers.
      if (auto opened = open_()) {
        state_.with([&](State& state) { state = {.source = std::move(*opened), .stamp = stamp}; });
      }
    }
  }
  return state_.with([](const State& state) { return state.source; });
}

Result<std::optional<std::string>> FileTable::find(std::string_view key) const {
  const auto source = current();
  auto found = source->find(spec_.keep_case ? std::string(key) : to_lower(key));
  if (!found || !*found) return found;
  std::string value = spec_.match_only ? std::string(key) : std::move(**found);
  value += spec_.append;
  return value;
}

}  // namespace signet::table
