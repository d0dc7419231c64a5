// Dates and spans of time as mail shows them.
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <ctime>

#include "signet/mail/dsn.h"
#include "signet/mail/header.h"

namespace signet::mail {

// date-time = [ day-of-week "," ] day month year hour ":" minute ":" second zone; RFC 5322 §3.3.
// Never strftime: its names follow the locale.
std::string rfc5322_date(WallTime when) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(when.time_since_epoch().count());
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const long minutes = local.tm_gmtoff / 60;
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} {}{:02}{:02}",
                     kDays[static_cast<std::size_t>(local.tm_wday)], local.tm_mday,
                     kMonths[static_cast<std::size_t>(local.tm_mon)], local.tm_year + 1900,
                     local.tm_hour, local.tm_min, local.tm_sec, minutes < 0 ? '-' : '+',
                     std::labs(minutes) / 60, std::labs(minutes) % 60);
}

std::string span_text(std::chrono::seconds span) {
  struct Unit {
    std::chrono::seconds length;
    const char* name;
  };
  static constexpr std::array kUnits{
      Unit{std::chrono::weeks(1), "week"}, Unit{std::chrono::days(1), "day"},
      Unit{std::chrono::hours(1), "hour"}, Unit{std::chrono::minutes(1), "minute"},
      Unit{std::chrono::seconds(1), "second"}};
  std::string out;
  for (const auto& unit : kUnits) {
    const auto count = span / unit.length;
    if (count <= 0) continue;
    span -= count * unit.length;
    out +=
        fmt::format("{}{} {}{}", out.empty() ? "" : ", ", count, unit.name, count == 1 ? "" : "s");
  }
  return out.empty() ? "zero seconds" : out;
}

}  // namespace signet::mail
