// What `signet explain` writes: a word for the thing, and what is said of it with the entry or
// option that says so.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "signet/conf/config.h"

namespace signet::command {

class Telling final {
 public:
  Telling(const conf::Config& config, std::ostream& out) : config_(config), out_(out) {}

  void say(std::string_view what, std::string_view text);
  // Maps whose text was changed after they were made: what is said here is not what the text says.
  void warn_of_stale_maps();
  // Where the rule stands: "access:Connect:192.0.2 RELAY (/etc/mail/access line 12)".
  [[nodiscard]] std::string where(const std::string& rule, const std::string& value = {}) const;

 private:
  const conf::Config& config_;
  std::ostream& out_;
};

}  // namespace signet::command
