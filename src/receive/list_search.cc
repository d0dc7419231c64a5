#include "receive/list_search.h"

#include <utility>

namespace signet::receive {

using ListState = policy::ListAnswer::State;

ListSearch::ListSearch(loop::Loop& loop, dns::Resolver& resolver,
                       const std::vector<policy::BlockList>& lists,
                       const std::vector<std::string>& questions, Duration patience, Done done)
    : lists_(lists),
      answers_(lists.size()),
      done_(std::move(done)),
      patience_(loop, [this] { on_patience(); }) {
  patience_.arm_in(patience);
  for (std::size_t i = 0; i < questions.size() && i < lists.size(); ++i) {
    if (questions[i].empty()) continue;
    answers_[i].state = ListState::waiting;
    queries_.push_back(resolver.ipv4(questions[i], [this, i](dns::Answer<IpAddress> answer) {
      on_answer(i, std::move(answer));
    }));
  }
}

void ListSearch::on_answer(std::size_t i, dns::Answer<IpAddress> answer) {
  if (!done_) return;  // decided without it
  auto& mine = answers_[i];
  if (answer.found == dns::Found::temporary) {
    mine.state = ListState::no_answer;
  } else if (answer.found == dns::Found::yes && !answer.records.empty()) {
    mine = {ListState::listed, std::move(answer.records)};
  } else {
    mine.state = ListState::not_listed;
  }
  if (policy::lists_have_decided(lists_, answers_)) finish();
}

void ListSearch::on_patience() {
  for (auto& one : answers_) {
    if (one.state == ListState::waiting) one.state = ListState::no_answer;
  }
  finish();
}

void ListSearch::finish() {
  if (!done_) return;
  patience_.cancel();
  // Last: the owner may destroy us.
  auto done = std::exchange(done_, nullptr);
  done(std::move(answers_));
}

}  // namespace signet::receive
