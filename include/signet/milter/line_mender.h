// A body that a filter gives, made what a message is stored as: lines that end in CRLF, each of
// them. A CR or LF alone ends a line too (RFC 5321 §2.3.8).
#pragma once

#include <string>
#include <string_view>

namespace signet::milter {

class LineMender final {
 public:
  // Octets of the body, cut anywhere; what they are to be is appended to `out`.
  void on_octets(std::string_view octets, std::string& out);
  void on_end(std::string& out);

 private:
  enum class At { line_start, text, cr };
  At at_ = At::line_start;
};

}  // namespace signet::milter
