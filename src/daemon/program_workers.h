// Workers for letters to programs, shared by all loops. A program may take minutes, so a user has a
// few of them at a time and his others wait in a line of their own, where they hold up nobody.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>

#include "signet/base/guarded.h"
#include "signet/loop/loop.h"

namespace signet::daemon {

class ProgramWorkers final {
 public:
  explicit ProgramWorkers(std::size_t threads) : workers_(threads) {}

  // Any thread. `user`: empty: what aliases name, which the administrator has chosen, has no bound.
  void run(const std::string& user, loop::Task letter);

 private:
  struct Line {
    std::size_t under_way = 0;
    std::deque<loop::Task> waiting;
  };
  void start(const std::string& user, loop::Task letter);
  void on_done(const std::string& user);

  Guarded<std::unordered_map<std::string, Line>> lines_;  // of users with letters under way
  loop::Workers workers_;                                 // its threads use the lines
};

}  // namespace signet::daemon
