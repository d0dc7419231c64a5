// A map whose answers come from somewhere else and take their time: what was heard is remembered
// for a while, who does not answer is left alone for a while, and where NoWaiting is nobody is
// asked at all, only noted. Whom to ask, and how, a subclass of Asker knows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "signet/base/guarded.h"
#include "table/file_table.h"

namespace signet::table {

struct Heard {
  Result<std::optional<std::string>> found;
  // Nobody answered, whatever the key: `found` is why. Otherwise an error is about this key alone.
  bool silent = false;
};

// The first of what was found; with -z all of it, as much as fits (Spec::longest_answer).
[[nodiscard]] Result<std::string> join_values(const Spec& spec,
                                              std::span<const std::string> values);

class Asker {
 public:
  virtual ~Asker() = default;
  // Waits a bounded time. From several threads at once.
  [[nodiscard]] virtual Heard ask(const std::string& key) = 0;
};

class WaitingTable final : public Table {
 public:
  // `name`: "socket:unix:/run/map"
  WaitingTable(Spec spec, std::string name, const Upkeep& upkeep, Clock clock,
               std::unique_ptr<Asker> asker);
  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view key) const override;
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] bool waits() const override { return true; }

 private:
  using Found = Result<std::optional<std::string>>;
  struct Known {
    Found answer;
    TimePoint until;
  };
  struct State {
    std::unordered_map<std::string, Known> answers;
    TimePoint silent_until{};  // it did not answer just now: not asked again before
    std::string trouble;       // why; empty: it answers
  };
  [[nodiscard]] std::optional<Found> known(const std::string& key) const;
  [[nodiscard]] Found finished(Found found, std::string_view given) const;
  void remember(const std::string& key, const Found& found) const;
  void note_state(const Heard& heard) const;

  const Spec spec_;
  const std::string name_;
  const std::function<void(std::string_view)> tell_;
  const Clock clock_;
  const std::unique_ptr<Asker> asker_;
  mutable Guarded<State> state_;
};

}  // namespace signet::table
