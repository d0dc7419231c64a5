// A table over a file that may be changed or replaced while we run: looks at the file at most once
// a second (or has its keeper look), opens the new one beside the old, swaps. What the file is, a
// subclass of Source knows. Any thread; threads that only look up share nothing that they write to.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <sys/types.h>

#include "signet/base/clock.h"
#include "signet/base/guarded.h"
#include "signet/table/table.h"

namespace signet::table {

// One state of the file, read only. find() from any thread.
class Source {
 public:
  virtual ~Source() = default;
  // The key as it stands: folding is done.
  [[nodiscard]] virtual Result<std::optional<std::string>> find(std::string_view key) const = 0;
  [[nodiscard]] virtual Networks networks() const { return {}; }
};
using OpenSource = std::function<Result<std::shared_ptr<const Source>>()>;
using Clock = std::function<TimePoint()>;  // from any thread

// open_table() with another clock than the steady one.
[[nodiscard]] Result<std::shared_ptr<const Table>> open_table(const Spec& spec, Upkeep upkeep,
                                                              Clock clock);

class FileTable final : public Table {
 public:
  // `path`: the file to watch. Errors: those of `open_source`; a missing optional file is none.
  [[nodiscard]] static Result<std::shared_ptr<const FileTable>> open(const Spec& spec,
                                                                     const std::string& path,
                                                                     OpenSource open_source,
                                                                     Upkeep upkeep, Clock clock);
  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view key) const override;
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] Networks networks() const override {
    return own_place().source.with([](const auto& source) { return source->networks(); });
  }

 private:
  // What tells one state of a file from another.
  struct Stamp {
    bool there = false;
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    bool operator==(const Stamp&) const = default;
  };
  struct State {
    Stamp stamp;
    int failures = 0;  // of reading what is there now, one behind another
  };
  FileTable(const Spec& spec, const std::string& path, OpenSource open_source, Upkeep upkeep,
            Clock clock);
  [[nodiscard]] Stamp look() const;
  void read_again(const Stamp& stamp) const;
  void look_now_and_then() const;
  void look_again() const;
  // What find() asks; one for each thread or few, so that none waits for another.
  struct alignas(64) Place {
    Guarded<std::shared_ptr<const Source>> source;
  };
  [[nodiscard]] Place& own_place() const;
  void put(const std::shared_ptr<const Source>& source) const;

  const Spec spec_;
  const std::string path_;
  const std::string name_;
  const OpenSource open_source_;
  const Upkeep upkeep_;
  const Clock clock_;
  mutable std::atomic<TimePoint::rep> looked_;
  mutable std::atomic<bool> reading_{false};  // one at a time: the newest file is the last one put
  mutable Guarded<State> state_;
  static constexpr std::size_t kPlaces = 64;
  mutable std::array<Place, kPlaces> places_;
};

}  // namespace signet::table
