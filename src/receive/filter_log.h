// What mail filters do, in the log of a session: by Milter.LogLevel instead of LogLevel.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "signet/maillog/lines.h"
#include "signet/maillog/log.h"

namespace signet::receive {

class FilterLog final {
 public:
  // `id`: the queue id of the transaction going on.
  FilterLog(maillog::Log& log, int level, std::function<std::string()> id)
      : log_(log), level_(level), id_(std::move(id)) {}

  [[nodiscard]] bool wants(int above_level) const { return level_ > above_level; }
  void write(maillog::Line line) const {
    if (!wants(line.above_level)) return;
    line.above_level = -1;  // LogLevel is not asked
    log_.write(line);
  }
  [[nodiscard]] std::string id() const { return id_(); }

 private:
  maillog::Log& log_;
  const int level_;
  std::function<std::string()> id_;
};

}  // namespace signet::receive
