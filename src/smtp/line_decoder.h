// Cuts a byte stream into lines that end with LF, with or without CR before it. Keeps at most one
// unfinished line, bounded by the caller's limit. Used for commands and for AUTH responses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace signet::smtp {

class LineDecoder final {
 public:
  enum class State {
    unfinished,  // all input is used up, the line is not complete
    line,        // `text` is one line without its end
    too_long,    // reported once, as soon as the limit is passed; the rest of the line is skipped
    skipped,     // the end of a line that was too long
  };
  struct Step {
    State state = State::unfinished;
    std::size_t used = 0;
    std::string_view text;  // until the next call
  };
  // `limit` counts octets without the line end and may differ from call to call.
  Step take(std::string_view in, std::size_t limit);
  // What has come of the line that is not complete yet.
  [[nodiscard]] std::string_view unfinished() const {
    return line_given_ ? std::string_view{} : kept_;
  }
  void clear();

 private:
  std::string kept_;
  bool line_given_ = false;  // kept_ was handed out by the last call
  bool skipping_ = false;
};

}  // namespace signet::smtp
