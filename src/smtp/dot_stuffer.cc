#include "smtp/dot_stuffer.h"

namespace signet::smtp {

void DotStuffer::stuff(std::string_view in, std::string& out) {
  if (in.empty()) return;
  std::size_t from = 0;  // first octet not yet given on
  std::size_t at = 0;
  const auto give = [&](std::size_t to) { out.append(in.substr(from, to - from)); };
  if (cr_pending_) {
    cr_pending_ = false;
    if (in.front() == '\n') {
      out += "\r\n";
      at_line_start_ = true;
      from = at = 1;
    } else {
      out += ' ';
    }
  }
  std::size_t lf = in.find('\n', at);
  while (at < in.size()) {
    if (at_line_start_ && in[at] == '.') {
      give(at);
      out += '.';
      from = at;
    }
    at_line_start_ = false;
    if (lf != std::string_view::npos && lf < at) lf = in.find('\n', at);
    const auto line_end = lf == std::string_view::npos ? in.size() : lf;
    const auto cr = in.substr(0, line_end).find('\r', at);
    if (cr == std::string_view::npos && lf == std::string_view::npos) break;
    if (cr == std::string_view::npos) {
      give(lf);
      out += "\r\n";
      from = at = lf + 1;
      at_line_start_ = true;
    } else if (cr + 1 == lf) {
      at = lf + 1;
      at_line_start_ = true;
    } else if (cr + 1 == in.size()) {
      give(cr);
      cr_pending_ = true;
      return;
    } else {
      give(cr);
      out += ' ';
      from = at = cr + 1;
    }
  }
  give(in.size());
}

void DotStuffer::finish(std::string& out) {
  if (cr_pending_ || !at_line_start_) out += "\r\n";
  out += ".\r\n";
  at_line_start_ = true;
  cr_pending_ = false;
}

}  // namespace signet::smtp
