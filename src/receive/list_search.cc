#include "signet/receive/list_search.h"

#include <utility>

namespace signet::receive {

using ListState = policy::ListAnswer::State;

namespace {

ListState state_of(dns::Found found, bool listed) {
  if (found == dns::Found::temporary) return ListState::no_answer;
  return found == dns::Found::yes && listed ? ListState::listed : ListState::not_listed;
}

}  // namespace

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
    if (lists[i].answers == policy::BlockList::Answers::texts) {
      queries_.push_back(resolver.records(
          questions[i], dns::RecordType::txt, [this, i](const dns::Answer<std::string>& answer) {
            const bool listed = !answer.records.empty() && answer.records.front() == "0";
            on_answer(i, {state_of(answer.found, listed), {}});
          }));
      continue;
    }
    queries_.push_back(resolver.ipv4(questions[i], [this, i](dns::Answer<IpAddress> answer) {
      const auto state = state_of(answer.found, !answer.records.empty());
      on_answer(i, {state, std::move(answer.records)});
    }));
  }
}

void ListSearch::on_answer(std::size_t i, policy::ListAnswer answer) {
  if (!done_) return;  // decided without it
  answers_[i] = std::move(answer);
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
