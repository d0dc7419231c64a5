// The to= lines of one task: recipients with the same result share a line.
#pragma once

#include "deliver/work.h"
#include "signet/maillog/log.h"

namespace signet::deliver {

struct ResultView {
  const queue::Message& message;
  const Task& task;
  const TaskResult& result;
  Now now;
  TimePoint started;
};
void log_result(const ResultView& view, maillog::Log& log);
// stat=queued: accepted, and no attempt is made now.
void log_queued(const queue::Message& message, maillog::Log& log, WallTime now);

}  // namespace signet::deliver
