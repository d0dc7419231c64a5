#include "receive/filters.h"

#include <utility>

namespace signet::receive {
namespace {

using milter::Answer;
using milter::Event;
using milter::Said;

Answer on_failure(const MailFilter& filter) {
  switch (filter.on_failure) {
    case MailFilter::OnFailure::reject:
      return {.said = Said::reject};
    case MailFilter::OnFailure::temporary:
      return {.said = Said::temporary};
    case MailFilter::OnFailure::close:
      return {.said = Said::close};
    case MailFilter::OnFailure::go_on:
      break;
  }
  return {.said = Said::go_on};
}

// In the words of sendmail's log.
std::string_view verb_of(Said said) {
  switch (said) {
    case Said::accept:
      return "accepted";
    case Said::skip:
      return "skip";
    case Said::reject:
    case Said::reply:
      return "reject";
    case Said::temporary:
      return "tempfail";
    case Said::discard:
      return "discard";
    case Said::close:
      return "shutdown";
    case Said::nothing:
    case Said::go_on:
      break;
  }
  return "continue";
}

}  // namespace

Filters::Filters(Parts parts) : log_(std::move(parts.log)) {
  for (const auto& filter : parts.filters) {
    lines_.push_back(
        std::make_unique<FilterLine>(parts.loop, parts.resolver, filter, parts.macros, log_));
  }
}

void Filters::open(Done done) {
  done_ = std::move(done);
  at_ = 0;
  open_next();
}

void Filters::open_next() {
  if (at_ == lines_.size()) return finish({.said = Said::go_on});
  FilterLine& line = *lines_[at_++];
  line.open([this, &line](const FilterLine::Outcome& outcome) {
    if (outcome.failed) {
      auto answer = outcome.lacking ? Answer{.said = Said::temporary} : on_failure(line.filter());
      if (answer.said == Said::go_on) return open_next();
      quit();
      return finish(std::move(answer));
    }
    log_.write(maillog::milter_note(9, log_.id(), line.filter().name, "init success to negotiate"));
    open_next();
  });
}

void Filters::tell(milter::News news, milter::MacroValues values, Done done) {
  if (left_) return done({.said = Said::go_on});
  news_ = std::move(news);
  values_ = std::move(values);
  done_ = std::move(done);
  at_ = 0;
  advance();
}

void Filters::advance() {
  while (at_ < lines_.size()) {
    FilterLine& line = *lines_[at_++];
    auto outcome = line.ask(news_, values_, [this, &line](FilterLine::Outcome later) {
      if (auto answer = judge(line, news_.event, std::move(later))) {
        return finish(std::move(*answer));
      }
      advance();
    });
    if (!outcome) return;
    if (auto answer = judge(line, news_.event, std::move(*outcome))) {
      return finish(std::move(*answer));
    }
  }
  finish({.said = Said::go_on});
}

std::optional<Answer> Filters::judge(const FilterLine& line, Event event,
                                     FilterLine::Outcome outcome) const {
  auto& answer = outcome.answer;
  if (outcome.failed) answer = on_failure(line.filter());
  if (!outcome.failed) log_answer(line, event, answer);
  switch (answer.said) {
    case Said::nothing:
    case Said::go_on:
    case Said::accept:
    case Said::skip:
      return std::nullopt;
    default:
      return std::move(answer);
  }
}

// At the end of a message sendmail shows only what is refused, without the action.
void Filters::log_answer(const FilterLine& line, Event event, const Answer& answer) const {
  const bool at_end = event == Event::end_of_message;
  const bool passes = answer.said == Said::go_on || answer.said == Said::skip;
  if (answer.said == Said::nothing || (at_end && (passes || answer.said == Said::accept))) return;
  const int above = at_end || passes ? 12 : 10;
  if (!log_.wants(above)) return;
  log_.write(maillog::milter_action(above, log_.id(), line.filter().name,
                                    at_end ? std::string_view{} : milter::to_string(event),
                                    verb_of(answer.said), answer.text));
}

void Filters::abort() {
  if (left_) return;
  for (auto& line : lines_) line->abort();
}

void Filters::quit() {
  left_ = true;
  for (auto& line : lines_) line->quit();
}

// Last: whoever hears it may ask again.
void Filters::finish(Answer answer) {
  auto done = std::exchange(done_, nullptr);
  done(std::move(answer));
}

}  // namespace signet::receive
