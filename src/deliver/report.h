// A delivery status notification about some recipients of a message (RFC 3464), and the line of the
// maillog about it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deliver/work.h"
#include "signet/deliver/options.h"
#include "signet/mail/dsn.h"
#include "signet/maillog/lines.h"

namespace signet::deliver {

struct ReportOrder {
  mail::DsnKind kind = mail::DsnKind::failed;
  std::vector<std::size_t> recipients;  // indices into the envelope
  std::vector<std::size_t> receipts{};  // of those it reached, who wanted to hear so
  bool is_copy = false;                 // for PostmasterCopy
  bool missed_time = false;             // what is late is so by the time of BY
};

struct ReportRequest {
  const Work& work;
  const ReportOrder& order;
  std::string_view header;  // beginning of the original's content
  const Options& options;
  std::string id;  // queue id of the report
  WallTime now{};
};

struct Report {
  mail::Envelope envelope;
  std::string text;           // empty: nobody is left who could be told
  bool returns_body = false;  // the original's content stands behind `text`, and then:
  std::string behind;
  bool is_dead_letter = false;  // and the message itself is to be kept in DeadLetterDrop
  maillog::Line line;           // what the log says
};
// What a recipient that the message has reached is to be reported as; nothing: it is not for us to
// do, or was not asked for. RFC 3461 §5.2, RFC 2852 §5
[[nodiscard]] std::optional<mail::DsnAction> receipt_of(const mail::Envelope& envelope,
                                                        std::size_t recipient,
                                                        const Outcome& outcome);
// The reports of one attempt that are due.
struct Lateness {
  bool expired = false;      // what waits has waited too long
  bool warn = false;         // or long enough for its sender to hear
  bool missed_time = false;  // by what BY says
};
[[nodiscard]] std::vector<ReportOrder> due_reports(const Work& work, const Options& options,
                                                   Lateness late);
// Asks maps what make_report() will ask for a message of this sender.
void look_ahead_for_report(const Options& options, const std::string& sender);
[[nodiscard]] Report make_report(const ReportRequest& request);

}  // namespace signet::deliver
