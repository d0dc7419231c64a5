// Content behind DATA (RFC 5321 §4.5.2): finds the final dot, removes dot-stuffing, lets CR and LF
// pass only as a pair. Nothing but CRLF.CRLF ends a message, wherever the input is cut. Works on
// whole runs found with memchr; octets are copied once, into the content.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace signet::smtp {

// What becomes of a CR or LF that stands alone.
enum class LineEnds {
  strict,  // the content is refused
  mended,  // LF becomes CRLF, CR a blank; a dot after such a line end means nothing
};

class DataDecoder final {
 public:
  explicit DataDecoder(LineEnds line_ends) : line_ends_(line_ends) {}

  enum class State { more, end, bare_lf, bare_cr };
  struct Step {
    State state = State::more;
    std::size_t used = 0;
  };
  // Appends what it decoded to `content`. After any state but `more` the decoder is done.
  Step decode(std::string_view in, std::string& content);
  [[nodiscard]] bool saw_nul() const { return saw_nul_; }

 private:
  enum class At {
    line_start,  // a dot here is special
    dot,         // ... and was seen, not yet given on
    dot_cr,      // CR behind that dot
    text,        // inside a line
    text_cr,     // CR inside or at the end of a line, not yet given on
  };
  Step decode_lines(std::string_view in, std::string& content);
  Step decode_run(std::string_view in, std::string& content);
  LineEnds line_ends_;
  At at_ = At::line_start;
  bool saw_nul_ = false;
};

}  // namespace signet::smtp
