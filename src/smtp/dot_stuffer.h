// Content on its way out behind DATA (RFC 5321 §4.5.2): a dot before each line that begins with
// one, the final dot at the end. Whatever it is given, only CRLF pairs leave, so that no content
// can end its message early on the next host. Copies whole runs.
#pragma once

#include <string>
#include <string_view>

namespace signet::smtp {

class DotStuffer final {
 public:
  // Appends to `out`. A lone LF becomes CRLF, a lone CR a blank.
  void stuff(std::string_view in, std::string& out);
  // Ends an unfinished line and the message.
  void finish(std::string& out);

 private:
  bool at_line_start_ = true;
  bool cr_pending_ = false;  // last octet of the input, not yet given on
};

}  // namespace signet::smtp
