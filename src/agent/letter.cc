#include "agent/letter.h"

#include <algorithm>
#include <ctime>

#include "signet/base/text.h"
#include "signet/conf/macros.h"

namespace signet::agent {
namespace {

std::string date_of(WallTime when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm local{};
  localtime_r(&seconds, &local);
  char date[64];
  return {date, std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &local)};
}

}  // namespace

deliver::LocalResult refused(std::string status, std::string reason, bool temporary) {
  return {.delivered = false,
          .temporary = temporary,
          .status = std::move(status),
          .reason = std::move(reason)};
}

deliver::LocalResult sent() {
  return {.delivered = true, .temporary = false, .status = "2.0.0", .reason = "Sent"};
}

mailbox::Letter HeldLetter::content() {
  return {.sender = head.sender, .when = head.when, .next = [this]() -> Result<std::string> {
            if (ended_well) return std::string();
            auto piece = receive_piece(socket);
            if (piece && piece->empty()) ended_well = true;
            return piece;
          }};
}

// "From $g $d". Readers of such files split at blanks.
std::string HeldLetter::from_line() const {
  std::string sender = head.sender.empty() ? "MAILER-DAEMON" : printable(head.sender);
  std::ranges::replace(sender, ' ', '_');
  return conf::expand(options.from_line, [&](std::string_view name) -> std::optional<std::string> {
    if (name == "g") return conf::literal(sender);
    if (name == "d") return date_of(head.when);
    return std::nullopt;
  });
}

}  // namespace signet::agent
