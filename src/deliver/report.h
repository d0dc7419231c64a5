// A delivery status notification about some recipients of a message (RFC 3464), and the line of the
// maillog about it. Pure.
#pragma once

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
  bool is_copy = false;                 // for PostmasterCopy
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
  std::string text;             // empty: nobody is left who could be told
  bool is_dead_letter = false;  // and the message itself is to be kept in DeadLetterDrop
  maillog::Line line;           // what the log says
};
// Asks maps what make_report() will ask for a message of this sender.
void look_ahead_for_report(const Options& options, const std::string& sender);
[[nodiscard]] Report make_report(const ReportRequest& request);

}  // namespace signet::deliver
