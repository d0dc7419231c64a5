// Content on its way, with an empty line put where the header section ends without one: in front of
// a line that is no field, or where all ends. Values only.
#pragma once

#include <string>
#include <string_view>

namespace signet::mail {

class HeaderBreak final {
 public:
  // The content from its first octet, cut anywhere; what goes on is appended to `out`. Not to be
  // called when complete(): from there on all goes on as it is. The header ends where a HeaderScan
  // finds its end.
  void on_content(std::string_view bytes, std::string& out);
  void on_end(std::string& out);
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void on_beginning(std::string& out);

  std::string line_;  // as much of it as must be known
  bool in_field_ = false;
  bool any_field_ = false;
  bool complete_ = false;
};

}  // namespace signet::mail
