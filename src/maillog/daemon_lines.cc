// Lines about the daemon itself.
#include <fmt/format.h>

#include "maillog/field.h"

namespace signet::maillog {

Line starting_daemon(std::string_view version, std::optional<std::chrono::seconds> queue_interval) {
  std::string text = fmt::format("starting daemon ({}): SMTP", version);
  if (queue_interval) text += "+queueing@" + delay_text(*queue_interval);
  return {8, Priority::info, std::move(text)};
}

Line stopping_daemon(std::string_view reason) {
  return {8, Priority::info, "stopping daemon, reason=" + field(reason, kMaxSentence)};
}

Line listening(std::string_view daemon, const SocketAddress& address) {
  return {
      8, Priority::info,
      fmt::format("daemon={}, listening on {}", field(daemon, kMaxAddress), address.to_string())};
}

Line rejecting_connections(std::string_view daemon, std::string_view why) {
  return {8, Priority::notice,
          fmt::format("rejecting connections on daemon {}: {}", field(daemon, kMaxAddress),
                      field(why, kMaxSentence))};
}

Line still_rejecting_connections(std::string_view daemon, std::chrono::seconds since) {
  return {8, Priority::notice,
          fmt::format("have been rejecting connections on daemon {} for {}",
                      field(daemon, kMaxAddress), delay_text(since))};
}

Line remark(Priority priority, std::string_view text) {
  return {priority <= Priority::warning ? 0 : 8, priority, field(text, kMaxSentence)};
}

}  // namespace signet::maillog
