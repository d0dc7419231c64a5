#include "table/file_table.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "signet/base/text.h"

namespace signet::table {
namespace {

constexpr int kFailuresToTell = 3;  // a map that is being rebuilt is no news
constexpr Duration kLookEvery = std::chrono::seconds(1);

class EmptySource final : public Source {
 public:
  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view) const override {
    return std::nullopt;
  }
};

}  // namespace

FileTable::FileTable(const Spec& spec, const std::string& path, OpenSource open_source,
                     Upkeep upkeep, Clock clock)
    : spec_(spec),
      path_(path),
      name_(spec.type + ":" + spec.file),
      open_source_(std::move(open_source)),
      upkeep_(std::move(upkeep)),
      clock_(std::move(clock)),
      looked_(clock_().time_since_epoch().count()) {}

Result<std::shared_ptr<const FileTable>> FileTable::open(const Spec& spec, const std::string& path,
                                                         OpenSource open_source, Upkeep upkeep,
                                                         Clock clock) {
  const std::shared_ptr<FileTable> table(
      new FileTable(spec, path, std::move(open_source), std::move(upkeep), std::move(clock)));
  // Looked at first: what changes while it is opened shows as a change at the next look.
  const Stamp stamp = table->look();
  auto source = table->open_source_();
  if (!source) {
    if (!spec.optional || source.error().system_code != ENOENT) {
      return std::unexpected(std::move(source).error());
    }
    source = std::make_shared<const EmptySource>();
  }
  table->put(*source);
  table->state_.with([&](State& state) { state.stamp = stamp; });
  if (table->upkeep_.keep) {
    table->upkeep_.keep([kept = std::weak_ptr<const FileTable>(table)] {
      const auto still_there = kept.lock();
      if (still_there) still_there->look_again();
      return still_there != nullptr;
    });
  }
  return table;
}

FileTable::Stamp FileTable::look() const {
  struct stat state {};
  if (stat(path_.c_str(), &state) != 0) return {};
  return {.there = true,
          .device = state.st_dev,
          .inode = state.st_ino,
          .size = state.st_size,
          .changed = state.st_mtim.tv_sec * 1'000'000'000L + state.st_mtim.tv_nsec};
}

// While the new file cannot be read (half written, no permission) the old one answers.
void FileTable::read_again(const Stamp& stamp) const {
  const auto opened = open_source_();
  if (opened) put(*opened);
  const int failures = state_.with([&](State& state) {
    if (!opened) return ++state.failures;
    state.stamp = stamp;
    return -std::exchange(state.failures, 0);
  });
  if (!upkeep_.tell) return;
  if (failures == kFailuresToTell) {
    upkeep_.tell(name_ + ": " + opened.error().what + "; what was read before answers on");
  } else if (failures <= -kFailuresToTell) {
    upkeep_.tell(name_ + ": read again");
  }
}

void FileTable::put(const std::shared_ptr<const Source>& source) const {
  for (auto& place : places_) {
    // The old one ends outside the lock.
    const auto old =
        place.source.with([&](auto& current) { return std::exchange(current, source); });
  }
}

FileTable::Place& FileTable::own_place() const {
  static std::atomic<std::size_t> threads{0};
  static thread_local const std::size_t own = threads.fetch_add(1) % kPlaces;
  return places_[own];
}

// One thread looks, the others go on with what is there.
void FileTable::look_now_and_then() const {
  auto before = looked_.load(std::memory_order_relaxed);
  const auto now = clock_().time_since_epoch();
  if (now - TimePoint::duration(before) < kLookEvery ||
      !looked_.compare_exchange_strong(before, now.count())) {
    return;
  }
  look_again();
}

void FileTable::look_again() const {
  if (reading_.exchange(true)) return;
  const Stamp stamp = look();
  if (state_.with([&](const State& state) { return state.stamp != stamp; })) read_again(stamp);
  reading_.store(false);
}

Result<std::optional<std::string>> FileTable::find(std::string_view key) const {
  if (!upkeep_.keep) look_now_and_then();
  const bool as_it_stands = spec_.keep_case || is_lower(key);
  auto found = own_place().source.with([&](const auto& source) {
    return as_it_stands ? source->find(key) : source->find(to_lower(key));
  });
  if (!found) {
    found.error().kind = ErrorKind::temporary;
    return std::unexpected(std::move(found).error().within(name_));
  }
  if (!*found) return found;
  // White space around a value (a source file with CR LF) means nothing to those who ask.
  std::string value(spec_.match_only ? key : trim(**found));
  value += spec_.append;
  return value;
}

}  // namespace signet::table
