#include "maillog/sink.h"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <ctime>

namespace signet::maillog {

std::string_view Stamp::text(WallTime when) {
  if (when == when_) return text_;
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(when.time_since_epoch().count());
  std::tm local{};
  ::localtime_r(&seconds, &local);
  text_ = fmt::format("{} {:2} {:02}:{:02}:{:02}", kMonths[static_cast<std::size_t>(local.tm_mon)],
                      local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
  when_ = when;
  return text_;
}

void append_one_line(std::string& out, std::string_view text) {
  const std::size_t from = out.size();
  out += text;
  for (std::size_t i = from; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    if (byte < 0x20 || byte == 0x7f) out[i] = '?';
  }
}

Origin::Origin(std::string_view ident)
    : log_(fmt::format("{}[{}]: ", ident, ::getpid())),
      tls_(fmt::format("sm-tls[{}]: ", ::getpid())) {}

}  // namespace signet::maillog
