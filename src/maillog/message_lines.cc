// Lines about one message, from its envelope to its end.
#include <fmt/format.h>

#include <algorithm>

#include "maillog/field.h"
#include "signet/base/check.h"

namespace signet::maillog {
namespace {

constexpr std::size_t kMaxRecipientList = 768;  // then the list goes on in another line
constexpr std::size_t kMaxMessageId = 500;
constexpr std::size_t kMaxStatus = 16;
constexpr std::int64_t kRecipientFactor = 30000;  // O RecipientFactor
constexpr std::int64_t kRetryFactor = 90000;      // O RetryFactor

std::string_view body_type(mail::Body body) {
  switch (body) {
    case mail::Body::unspecified:
      return "";
    case mail::Body::seven_bit:
      return "7BIT";
    case mail::Body::eight_bit_mime:
      return "8BITMIME";
  }
  check_failed("Body", __FILE__, __LINE__);
}

void append_named(std::string& out, std::string_view name, std::string_view text,
                  std::size_t limit) {
  if (text.empty()) return;
  out += name;
  append_field(out, text, limit);
}

// Bad news is logged at lower levels than good news.
int level_of_status(std::string_view status) {
  if (status.starts_with('2')) return 7;
  return status.starts_with('5') ? 6 : 8;
}

Line about_report(std::string_view queue_id, std::string_view report_id, std::string_view text) {
  return {5, Priority::info,
          fmt::format("{}{}: {}", prefix(queue_id), report_id, field(text, kMaxSentence))};
}

}  // namespace

Line from_line(const mail::Envelope& envelope, std::size_t recipients, std::string_view daemon,
               std::string_view relay) {
  std::string text = prefix(envelope.id);
  text += "from=<";
  append_field(text, envelope.sender, kMaxAddress - 2);
  fmt::format_to(std::back_inserter(text), ">, size={}, class=0, nrcpts={}", envelope.size,
                 recipients);
  append_named(text, ", msgid=", envelope.message_id, kMaxMessageId);
  append_named(text, ", bodytype=", body_type(envelope.body), kMaxStatus);
  append_named(text, ", proto=", envelope.protocol, kMaxStatus);
  append_named(text, ", daemon=", daemon, kMaxRelay);
  text += ", relay=";
  append_field(text, relay, kMaxRelay);
  return {4, Priority::info, std::move(text)};
}

Lines to_line(const Attempt& attempt) {
  const int level = level_of_status(attempt.status);
  const std::string start = prefix(attempt.queue_id) + "to=";
  Lines lines;
  std::string list;
  for (const auto& recipient : attempt.recipients) {
    std::string shown;
    append_address(shown, recipient);
    if (!list.empty() && list.size() + 1 + shown.size() > kMaxRecipientList) {
      lines.push_back({level, Priority::info, start + list + " [more]"});
      list.clear();
    }
    if (!list.empty()) list += ',';
    list += shown;
  }
  std::string text = start + list;
  append_named(text, ", ctladdr=", attempt.controlling_user, kMaxAddress);
  text += ", delay=" + delay_text(attempt.delay);
  if (attempt.xdelay) text += ", xdelay=" + delay_text(*attempt.xdelay);
  append_named(text, ", mailer=", attempt.mailer, kMaxRelay);
  fmt::format_to(std::back_inserter(text), ", pri={}", attempt.priority);
  append_named(text, ", relay=", attempt.relay, kMaxRelay);
  append_named(text, ", quarantine=", attempt.quarantine, kMaxSentence);
  append_named(text, ", dsn=", attempt.status, kMaxStatus);
  append_named(text, ", reply=", attempt.reply, kMaxSentence);
  text += ", stat=";
  append_field(text, attempt.stat, kMaxSentence);
  lines.push_back({level, Priority::info, std::move(text)});
  return lines;
}

std::int64_t message_priority(std::uint64_t size, std::size_t recipients, unsigned earlier_runs) {
  return static_cast<std::int64_t>(size) +
         static_cast<std::int64_t>(recipients) * kRecipientFactor +
         static_cast<std::int64_t>(earlier_runs) * kRetryFactor;
}

std::string delay_text(std::chrono::seconds delay) {
  const auto seconds = std::max<std::int64_t>(delay.count(), 0);
  const auto days = seconds / 86400;
  const auto clock =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  return days == 0 ? clock : fmt::format("{}+{}", days, clock);
}

Line clone(std::string_view queue_id, std::string_view copy_id, std::string_view why) {
  return about_report(queue_id, copy_id, fmt::format("clone: {}", why));
}

Line dsn_made(std::string_view queue_id, std::string_view report_id, std::string_view reason) {
  return about_report(queue_id, report_id, fmt::format("DSN: {}", reason));
}

Line sender_notify(std::string_view queue_id, std::string_view report_id, std::string_view text) {
  return about_report(queue_id, report_id, fmt::format("sender notify: {}", text));
}

Line return_to_sender(std::string_view queue_id, std::string_view report_id,
                      std::string_view reason) {
  return about_report(queue_id, report_id, fmt::format("return to sender: {}", reason));
}

Line postmaster_notify(std::string_view queue_id, std::string_view report_id,
                       std::string_view reason) {
  return about_report(queue_id, report_id, fmt::format("postmaster notify: {}", reason));
}

Line done(std::string_view queue_id, std::chrono::seconds delay, unsigned attempts) {
  return {
      9, Priority::info,
      fmt::format("{}done; delay={}, ntries={}", prefix(queue_id), delay_text(delay), attempts)};
}

Line discarded(std::string_view queue_id) {
  return {4, Priority::info, prefix(queue_id) + "discarded"};
}

Line system_error(std::string_view queue_id, std::string_view what) {
  return {0, Priority::error, prefix(queue_id) + "SYSERR(root): " + field(what, kMaxSentence)};
}

Line user_error(std::string_view queue_id, std::string_view text) {
  return {3, Priority::notice, prefix(queue_id) + field(text, kMaxSentence)};
}

Line low_on_space(std::string_view queue_id, std::uint64_t free_bytes) {
  return {5, Priority::notice,
          fmt::format("{}low on space, max avail: {}", prefix(queue_id), free_bytes)};
}

}  // namespace signet::maillog
