// What is wrong with a configuration while it is read: errors, and what is accepted with a warning.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signet/conf/load.h"

namespace signet::conf {

class Problems final {
 public:
  explicit Problems(Purpose purpose) : purpose_(purpose) {}

  Origin at;  // of what is said next

  void error(std::string_view what);
  void warn(std::string text) { warnings_.push_back({at, std::move(text)}); }
  // Understood, but nothing that runs: decision 0021.
  void refuse(std::string_view what);

  [[nodiscard]] bool too_many() const;
  // A line for each. Empty: there are none.
  [[nodiscard]] std::optional<std::string> take_errors();
  [[nodiscard]] Warnings take_warnings() { return std::move(warnings_); }

 private:
  Purpose purpose_;
  Warnings warnings_;
  std::string errors_;
  std::size_t count_ = 0;  // of errors
};

}  // namespace signet::conf
