// A regular expression over what a stranger wrote: matched in time linear in the text whatever the
// expression is (decision 0026). Made at start, then used from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "signet/base/result.h"

namespace signet::policy {

class Pattern final {
 public:
  // RE2's syntax over bytes, case ignored; "!" in front: what the rest does not match.
  // Fails: not an expression, or one too large to be compiled.
  [[nodiscard]] static Result<Pattern> make(std::string_view text);

  [[nodiscard]] bool matches(std::string_view text) const;  // anywhere in it
  // One of two forms of the same text; with "!" neither of them has what the rest says.
  [[nodiscard]] bool matches_either(std::string_view one, std::string_view other) const {
    return inverted_ ? matches(one) && matches(other) : matches(one) || matches(other);
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  // Fails: \1 to \9 name parts that the expression has not.
  [[nodiscard]] Result<void> check_replacement(std::string_view replacement) const;
  // The replacement with \0, the whole match, and its parts filled in. Empty: it does not match.
  [[nodiscard]] std::optional<std::string> replaced(std::string_view text,
                                                    std::string_view replacement) const;

 private:
  struct Compiled;
  std::string text_;  // as written
  std::shared_ptr<const Compiled> compiled_;
  bool inverted_ = false;
};

}  // namespace signet::policy
