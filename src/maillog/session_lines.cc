// Lines about the course of a server session.
#include <fmt/format.h>

#include "maillog/field.h"

namespace signet::maillog {
namespace {

constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kMaxArgument = 200;

std::string relay_of(const Who& who) { return field(who.relay, kMaxRelay); }

// "QID: R: text"
Line about_peer(int above_level, const Who& who, std::string_view text) {
  return {above_level, Priority::info,
          fmt::format("{}{}: {}", prefix(who.queue_id), relay_of(who), text)};
}

}  // namespace

Line connect(std::string_view relay) {
  return {9, Priority::info, "NOQUEUE: connect from " + field(relay, kMaxRelay)};
}

Line did_not_issue(const Who& who) {
  return {5, Priority::info,
          fmt::format("{}{} did not issue MAIL/EXPN/VRFY/ETRN during connection to {}",
                      prefix(who.queue_id), relay_of(who), field(who.daemon, kMaxWord))};
}

Line lost_input(const Who& who, std::string_view phase) {
  return {1, Priority::notice,
          fmt::format("{}lost input channel from {} to {} after {}", prefix(who.queue_id),
                      relay_of(who), field(who.daemon, kMaxWord), field(phase, kMaxWord))};
}

Lines premature_end(const Who& who, const mail::Envelope& envelope) {
  const std::string start = prefix(who.queue_id);
  // The name alone, without the address.
  std::string second = start + "collect: relay=";
  append_field(second, std::string_view(who.relay).substr(0, who.relay.find(" [")), kMaxRelay);
  second += ", from=<";
  append_field(second, envelope.sender, kMaxAddress - 2);
  second += ">, info=unexpected close";
  return {{1, Priority::warning, start + "collect: premature EOM: unexpected close"},
          {1, Priority::notice, std::move(second)}};
}

Line timed_out(const Who& who, std::string_view phase) {
  return {1, Priority::notice,
          fmt::format("{}timeout waiting for input from {} during {}", prefix(who.queue_id),
                      relay_of(who), field(phase, kMaxWord))};
}

Line attack(const Who& who, std::string_view command, int count) {
  return about_peer(
      5, who,
      fmt::format("possible SMTP attack: command={}, count={}", field(command, kMaxWord), count));
}

Line recipient_flood(const Who& who) {
  return about_peer(5, who, "Possible SMTP RCPT flood, throttling.");
}

Line recipient_shutdown(const Who& who) {
  return about_peer(5, who, "Possible SMTP RCPT flood, shutting down connection.");
}

Line too_many_bad(const Who& who) { return about_peer(5, who, "too many bad commands"); }

Line line_too_long(const Who& who, int octets) {
  return about_peer(5, who, fmt::format("SMTP violation, input too long: {}", octets));
}

// sendmail shows the line end of the request as well.
Line open_proxy(const Who& who, std::string_view command) {
  const auto line = command.substr(0, command.find_first_of("\r\n"));
  return about_peer(
      0, who, fmt::format("probable open proxy: command={}\\r\\n", field(line, kMaxArgument)));
}

Line verify_refused(const Who& who, std::string_view command) {
  return about_peer(5, who, fmt::format("{} [rejected]", field(command, kMaxArgument)));
}

Line pre_greeting_traffic(const Who& who, std::chrono::seconds after) {
  return {3, Priority::notice,
          fmt::format("{}rejecting commands from {} due to pre-greeting traffic after {} seconds",
                      prefix(who.queue_id), relay_of(who), after.count())};
}

Line early_talker(const Who& who, std::string_view command) {
  if (command.empty()) return pre_greeting_traffic(who, std::chrono::seconds(0));
  return {3, Priority::notice,
          fmt::format("{}rejecting server {} from {} due to traffic before response",
                      prefix(who.queue_id), field(command, kMaxWord), relay_of(who))};
}

Line content_refused(const Who& who, std::string_view reply) {
  Line line = about_peer(9, who, "content refused: " + field(reply, kMaxSentence));
  line.priority = Priority::notice;
  return line;
}

Line milter_none(std::string_view queue_id) {
  return {9, Priority::info, prefix(queue_id) + "Milter: no active filter"};
}

}  // namespace signet::maillog
