#include "smtp/data_decoder.h"

namespace signet::smtp {
namespace {

// Mended content may be all CR, and each starts a new search for LF: searches stay short then.
constexpr std::size_t kMendedWindow = 1024;

}  // namespace

// What comes behind the final dot is not content.
DataDecoder::Step DataDecoder::decode(std::string_view in, std::string& content) {
  const auto step = decode_lines(in, content);
  if (in.substr(0, step.used).contains('\0')) saw_nul_ = true;
  return step;
}

// One octet at a time only where a line begins or a CR hangs over from the last input; inside lines
// decode_run goes by whole runs.
DataDecoder::Step DataDecoder::decode_lines(std::string_view in, std::string& content) {
  std::size_t used = 0;
  while (used < in.size()) {
    const char c = in[used];
    switch (at_) {
      case At::line_start:
        if (c == '.') {
          at_ = At::dot;
          ++used;
        } else {
          at_ = At::text;
        }
        break;
      case At::dot:
        at_ = At::text;
        if (c == '\r') {
          at_ = At::dot_cr;
          ++used;
        }
        break;
      case At::dot_cr:
      case At::text_cr:
        if (c == '\n') {
          ++used;
          if (at_ == At::dot_cr) return {State::end, used};
          content += "\r\n";
          at_ = At::line_start;
        } else {
          if (line_ends_ == LineEnds::strict) return {State::bare_cr, used};
          content += ' ';
          at_ = At::text;
        }
        break;
      case At::text: {
        const bool is_strict = line_ends_ == LineEnds::strict;
        const auto window = is_strict ? in.size() : kMendedWindow;
        const auto step = decode_run(in.substr(used, window), content);
        used += step.used;
        if (step.state != State::more) return {step.state, used};
        break;
      }
    }
  }
  return {State::more, used};
}

// Inside a line. Goes on over line ends as long as nothing special begins the next line, so that
// the usual content is copied in one piece.
DataDecoder::Step DataDecoder::decode_run(std::string_view in, std::string& content) {
  std::size_t from = 0;  // first octet not yet given on
  std::size_t at = 0;
  const auto give = [&](std::size_t to) { content.append(in.substr(from, to - from)); };
  while (at < in.size()) {
    const auto lf = in.find('\n', at);
    const auto line_end = lf == std::string_view::npos ? in.size() : lf;
    const auto cr = in.substr(0, line_end).find('\r', at);
    if (cr == std::string_view::npos) {
      give(line_end);
      if (lf == std::string_view::npos) return {State::more, in.size()};
      if (line_ends_ == LineEnds::strict) return {State::bare_lf, lf};
      content += "\r\n";  // the next line begins as if it were in the middle of one
      from = at = lf + 1;
      continue;
    }
    if (cr + 1 != lf) {  // alone, or the last octet: decode() decides with the next one
      give(cr);
      at_ = At::text_cr;
      return {State::more, cr + 1};
    }
    at = lf + 1;
    if (at == in.size() || in[at] == '.') {
      give(at);
      at_ = At::line_start;
      return {State::more, at};
    }
  }
  give(at);
  return {State::more, at};
}

}  // namespace signet::smtp
