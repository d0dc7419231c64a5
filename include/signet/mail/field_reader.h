// The fields of a header section, one after another as whole lines, while a message streams in.
// Values only; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace signet::mail {

class FieldReader final {
 public:
  // Of a field's value more is not shown: what is behind is passed over.
  static constexpr std::size_t kMostOfValue = 8192;

  // `value`: folds are undone, blanks at the ends are gone.
  using OnField = std::move_only_function<void(std::string_view name, std::string_view value)>;
  explicit FieldReader(OnField on_field) : on_field_(std::move(on_field)) {}

  // The content from its first octet, cut anywhere; nothing is read behind the header.
  void on_content(std::string_view bytes);
  void on_end();
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void on_line();
  void give();

  OnField on_field_;
  std::string line_;
  std::string name_;  // of the field that may still go on; empty: none
  std::string value_;
  bool any_field_ = false;
  bool complete_ = false;
};

}  // namespace signet::mail
