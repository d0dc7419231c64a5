// Asks block lists in DNS, all at once, and is done when it is known what they say in their order.
// Loop thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/policy/block_lists.h"

namespace signet::receive {

class ListSearch final {
 public:
  using Answers = std::vector<policy::ListAnswer>;
  using Done = std::move_only_function<void(Answers)>;

  // `lists` outlives this; `questions` is in step with it, and an empty one is not asked. `done` is
  // called once, after the constructor returned; within `patience` at the latest, with what is
  // still open then as no answer.
  ListSearch(loop::Loop& loop, dns::Resolver& resolver, const std::vector<policy::BlockList>& lists,
             const std::vector<std::string>& questions, Duration patience, Done done);

 private:
  void on_answer(std::size_t i, policy::ListAnswer answer);
  void on_patience();
  void finish();

  const std::vector<policy::BlockList>& lists_;
  Answers answers_;
  Done done_;
  loop::Timer patience_;
  std::vector<std::unique_ptr<dns::Query>> queries_;
};

}  // namespace signet::receive
