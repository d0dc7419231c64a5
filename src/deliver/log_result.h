// The to= lines of one task: recipients with the same result share a line.
#pragma once

#include "deliver/work.h"
#include "signet/maillog/log.h"
#include "signet/policy/route.h"

namespace signet::deliver {

struct ResultView {
  const queue::Message& message;
  const Task& task;
  const TaskResult& result;
  Now now;
  TimePoint started;
};
void log_result(const ResultView& view, maillog::Log& log);
// stat=queued or stat=quarantined: accepted, and no attempt is made now. One line a mailer.
void log_waiting(const queue::Message& message, const policy::RouteOptions& way, maillog::Log& log,
                 WallTime now);

}  // namespace signet::deliver
