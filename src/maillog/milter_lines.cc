// Lines about mail filters, as sendmail writes them.
#include <fmt/format.h>

#include "maillog/field.h"
#include "signet/base/text.h"

namespace signet::maillog {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxSaid = 1024;

}  // namespace

Line milter_trouble(std::string_view queue_id, std::string_view filter, std::string_view what) {
  Line line = milter_note(0, queue_id, filter, what);
  line.priority = Priority::error;
  return line;
}

// The words are our own, fields and all.
Line milter_note(int above_level, std::string_view queue_id, std::string_view filter,
                 std::string_view what) {
  return {above_level, Priority::info,
          fmt::format("{}Milter ({}): {}", prefix(queue_id), field(filter, kMaxName),
                      printable(what, kMaxSaid))};
}

Line milter_step(int above_level, std::string_view queue_id, std::string_view what) {
  return {above_level, Priority::info,
          fmt::format("{}Milter: {}", prefix(queue_id), field(what, kMaxSaid))};
}

Line milter_accepted(std::string_view queue_id) {
  return {9, Priority::info, prefix(queue_id) + "Milter accept: message"};
}

Line milter_action(int above_level, std::string_view queue_id, std::string_view filter,
                   std::string_view action, std::string_view verb, std::string_view text) {
  std::string line = fmt::format("{}milter={}", prefix(queue_id), field(filter, kMaxName));
  if (!action.empty()) line += fmt::format(", action={}", action);
  line += fmt::format(", {}", verb);
  if (!text.empty() || verb == "quarantine") line += "=" + field(text, kMaxSaid);
  return {above_level, Priority::info, std::move(line)};
}

Line milter_change(std::string_view queue_id, std::string_view filter, std::string_view what) {
  return {8, Priority::info,
          fmt::format("{}Milter ({}) {}", prefix(queue_id), field(filter, kMaxName),
                      field(what, kMaxSaid))};
}

Line milter_deleted_recipient(std::string_view queue_id, std::string_view filter,
                              std::string_view address, std::size_t count) {
  Line line = milter_change(queue_id, filter, fmt::format("delete: rcpt {}", address));
  line.text += fmt::format(", naddrs={}", count);
  return line;
}

Line milter_reply(std::string_view queue_id, std::string_view about, std::string_view argument,
                  std::string_view text) {
  std::string line = fmt::format("{}Milter: {}", prefix(queue_id), about);
  if (!argument.empty()) line += "=" + field(argument, kMaxAddress);
  line += text.empty() ? ", discard" : ", reject=" + field(text, kMaxSaid);
  return {3, Priority::info, std::move(line)};
}

Line milter_connect(std::string_view queue_id, std::string_view host, std::string_view address,
                    std::string_view what) {
  return {3, Priority::info,
          fmt::format("{}Milter: connect: host={}, addr={}, {}", prefix(queue_id),
                      field(host, kMaxRelay), address, what)};
}

Line mail_failed_before(std::string_view queue_id, std::string_view argument,
                        std::string_view relay) {
  return {9, Priority::info,
          fmt::format("{}SMTP MAIL command ({}) from {} tempfailed (due to previous checks)",
                      prefix(queue_id), field(argument, 100), field(relay, kMaxRelay))};
}

}  // namespace signet::maillog
