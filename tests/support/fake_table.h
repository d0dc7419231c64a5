// A table in memory. Keys are folded to lower case, as makemap does; it can be told to fail.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signet/base/text.h"
#include "signet/table/table.h"

namespace signet::test {

class FakeTable final : public table::Table {
 public:
  FakeTable() = default;
  FakeTable(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
    for (const auto& [key, value] : pairs) set(key, value);
  }

  void set(std::string_view key, std::string_view value) {
    pairs_[to_lower(key)] = std::string(value);
    networks_.note(key);
  }
  void fail() { failing_ = true; }
  // What was asked for, in order.
  [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }

  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view key) const override {
    asked_.emplace_back(key);
    if (failing_) return temporary("fake: cannot be read");
    const auto at = pairs_.find(to_lower(key));
    if (at == pairs_.end()) return std::nullopt;
    return at->second;
  }
  [[nodiscard]] std::string_view name() const override { return "fake"; }
  [[nodiscard]] table::Networks networks() const override { return networks_; }

 private:
  std::map<std::string, std::string> pairs_;
  table::Networks networks_;
  bool failing_ = false;
  mutable std::vector<std::string> asked_;
};

}  // namespace signet::test
