// Where a line of the configuration came from, and what was said about it. Values; any thread.
#pragma once

#include <string>
#include <vector>

namespace signet::conf {

struct Origin {
  std::string file;
  int line = 0;
  bool compiled = false;  // the cf was made from an mc; file and line name that one

  // "/etc/mail/sendmail.cf: line 12" as sendmail writes it, "site.mc:12" for an mc.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Origin&) const = default;
};

// Something was accepted that does not do what its writer may think.
struct Warning {
  Origin at;
  std::string text;

  [[nodiscard]] std::string to_string() const;
  bool operator==(const Warning&) const = default;
};
using Warnings = std::vector<Warning>;

}  // namespace signet::conf
