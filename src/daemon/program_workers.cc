#include "daemon/program_workers.h"

#include <optional>
#include <utility>

namespace signet::daemon {
namespace {

constexpr std::size_t kMostOfOneUser = 4;

}  // namespace

void ProgramWorkers::run(const std::string& user, loop::Task letter) {
  if (user.empty()) return workers_.run(std::move(letter));
  const bool starts = lines_.with([&](auto& lines) {
    Line& line = lines[user];
    if (line.under_way == kMostOfOneUser) {
      line.waiting.push_back(std::move(letter));
      return false;
    }
    ++line.under_way;
    return true;
  });
  if (starts) start(user, std::move(letter));
}

void ProgramWorkers::start(const std::string& user, loop::Task letter) {
  workers_.run([this, user, letter = std::move(letter)]() mutable {
    letter();
    on_done(user);
  });
}

void ProgramWorkers::on_done(const std::string& user) {
  auto next = lines_.with([&](auto& lines) -> std::optional<loop::Task> {
    const auto line = lines.find(user);
    auto& [under_way, waiting] = line->second;
    if (waiting.empty()) {
      if (--under_way == 0) lines.erase(line);
      return std::nullopt;
    }
    auto first = std::move(waiting.front());
    waiting.pop_front();
    return first;
  });
  if (next) start(user, std::move(*next));
}

}  // namespace signet::daemon
