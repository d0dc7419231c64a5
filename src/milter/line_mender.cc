#include "signet/milter/line_mender.h"

namespace signet::milter {

void LineMender::on_octets(std::string_view octets, std::string& out) {
  constexpr std::string_view kEnd = "\r\n";
  while (!octets.empty()) {
    const bool behind_cr = at_ == At::cr;
    if (octets.front() == '\n') {
      if (!behind_cr) out += kEnd;
      at_ = At::line_start;
      octets.remove_prefix(1);
    } else if (octets.front() == '\r') {
      out += kEnd;
      at_ = At::cr;
      octets.remove_prefix(1);
    } else {
      const auto run = octets.substr(0, octets.find_first_of(kEnd));
      out += run;
      at_ = At::text;
      octets.remove_prefix(run.size());
    }
  }
}

void LineMender::on_end(std::string& out) {
  if (at_ == At::text) out += "\r\n";
  at_ = At::line_start;
}

}  // namespace signet::milter
