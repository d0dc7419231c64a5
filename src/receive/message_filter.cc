#include "receive/message_filter.h"

#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace signet::receive {
namespace {

using milter::Said;

// Of one filter for one message; bodies have a limit of their own.
constexpr std::size_t kMostFieldChanges = 2000;
constexpr std::size_t kMostFieldsLookedAt = 10'000'000;  // each change looks through the header
constexpr std::size_t kMostChanges = 20000;
constexpr std::size_t kMostChangeOctets = 4 << 20;

// In sendmail's words.
constexpr std::string_view what_it_does(const milter::AddField&) { return "adding headers"; }
constexpr std::string_view what_it_does(const milter::InsertField&) { return "adding headers"; }
constexpr std::string_view what_it_does(const milter::ChangeField&) { return "changing headers"; }
constexpr std::string_view what_it_does(const milter::ChangeSender&) { return "changing sender"; }
constexpr std::string_view what_it_does(const milter::AddRecipient&) { return "adding recipients"; }
constexpr std::string_view what_it_does(const milter::DeleteRecipient&) {
  return "removing recipients";
}
constexpr std::string_view what_it_does(const milter::ReplaceBody&) { return "replacing body"; }
constexpr std::string_view what_it_does(const milter::Quarantine&) { return "quarantining"; }

template <class Change>
constexpr bool kIsOfField =
    std::is_same_v<Change, milter::AddField> || std::is_same_v<Change, milter::InsertField> ||
    std::is_same_v<Change, milter::ChangeField>;

std::size_t octets_of(const milter::AddField& one) { return one.name.size() + one.value.size(); }
std::size_t octets_of(const milter::InsertField& one) { return one.name.size() + one.value.size(); }
std::size_t octets_of(const milter::ChangeField& one) { return one.name.size() + one.value.size(); }
std::size_t octets_of(const milter::ChangeSender& one) { return one.address.size(); }
std::size_t octets_of(const milter::AddRecipient& one) { return one.address.size(); }
std::size_t octets_of(const milter::DeleteRecipient& one) { return one.address.size(); }
std::size_t octets_of(const milter::ReplaceBody& one) { return one.octets.size(); }
std::size_t octets_of(const milter::Quarantine& one) { return one.reason.size(); }

// As the filter said it.
std::string_view shown(std::string_view value) {
  if (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

}  // namespace

MessageFilter::MessageFilter(Parts parts, Done done)
    : parts_(std::move(parts)), done_(std::move(done)), header_(parts_.intake.take_fields()) {}

void MessageFilter::advance() {
  while (step()) {
  }
}

bool MessageFilter::step() {
  if (at_ == parts_.filters.lines().size()) {
    finish({.said = Said::go_on});
    return false;
  }
  switch (phase_) {
    case Phase::begin:
      header_.begin_filter();
      field_ = 0;
      offset_ = 0;
      pending_ = {};
      phase_ = Phase::header;
      return true;
    case Phase::header:
      if (field_ < header_.size() && line().wants(milter::Event::header)) {
        return ask(milter::header_news(header_[field_++]));
      }
      phase_ = Phase::end_of_header;
      return true;
    case Phase::end_of_header:
      phase_ = Phase::body;
      return !line().wants(milter::Event::end_of_header) || ask(milter::end_of_header_news());
    case Phase::body:
      if (!line().wants(milter::Event::body)) {
        phase_ = Phase::end;
        return true;
      }
      if (!line().waits_for_room([this] { advance(); })) read_body();
      return false;
    case Phase::end:
      return ask(milter::end_of_message_news());
  }
  return false;
}

bool MessageFilter::ask(milter::News news) {
  event_ = news.event;
  auto outcome = line().ask(
      news, parts_.values,
      [this](FilterLine::Outcome later) {
        if (take(std::move(later))) advance();
      },
      [this](milter::Changed change) { on_change(std::move(change)); });
  return outcome && take(std::move(*outcome));
}

void MessageFilter::read_body() {
  parts_.intake.draft().read(offset_, milter::kBodyChunk, [this](Result<std::string> octets) {
    if (!octets) {
      judgement_.trouble = octets.error().what;
      return finish({.said = Said::temporary});
    }
    offset_ += octets->size();
    if (octets->empty()) {
      phase_ = Phase::end;
      return advance();
    }
    if (ask(milter::body_news(std::move(*octets)))) advance();
  });
}

bool MessageFilter::take(FilterLine::Outcome outcome) {
  const bool over = outcome.failed || event_ == milter::Event::end_of_message;
  const FilterLine::Outcome kept{.answer = {.said = outcome.answer.said}, .failed = outcome.failed};
  if (auto verdict = parts_.filters.judge(line(), event_, std::move(outcome))) {
    finish(std::move(*verdict));
    return false;
  }
  return !over || close_filter(kept);
}

// It has done with the message; one that has failed has changed nothing.
bool MessageFilter::close_filter(const FilterLine::Outcome& outcome) {
  line().hold(false);
  if (!outcome.failed) {
    if (pending_.body_refused) {
      finish({.said = Said::temporary});
      return false;
    }
    for (const auto& change : pending_.changes) {
      std::visit([this](const auto& one) { apply(one); }, change);
    }
    apply(milter::ReplaceBody{});
  }
  ++at_;
  phase_ = Phase::begin;
  return true;
}

void MessageFilter::finish(milter::Answer verdict) {
  if (at_ < parts_.filters.lines().size()) line().hold(false);
  pending_ = {};
  if (verdict.said == Said::go_on) parts_.intake.set_header(header_);
  judgement_.verdict = std::move(verdict);
  auto done = std::exchange(done_, nullptr);
  done(std::move(judgement_));  // last: we may be gone
}

// ---- what a filter wants changed ----

void MessageFilter::on_change(milter::Changed change) {
  const auto& log = parts_.filters.log();
  const auto does = std::visit([](const auto& one) { return what_it_does(one); }, change.change);
  auto* body = std::get_if<milter::ReplaceBody>(&change.change);
  if (!change.announced && body != nullptr) {
    if (std::exchange(pending_.body_refused, true)) return;
    return log.write(maillog::milter_trouble(
        log.id(), line().filter().name,
        "lied about replacing body, rejecting request and tempfailing message"));
  }
  if (!change.announced) {
    log.write(maillog::milter_note(9, log.id(), line().filter().name,
                                   fmt::format("lied about {}, honoring request anyway", does)));
  }
  if (body != nullptr) return take_body(body->octets);
  pending_.octets += std::visit([](const auto& one) { return octets_of(one); }, change.change);
  const bool of_field =
      std::visit([]<class Change>(const Change&) { return kIsOfField<Change>; }, change.change);
  if (of_field) ++pending_.field_changes;
  if (pending_.changes.size() == kMostChanges || pending_.field_changes > kMostFieldChanges ||
      pending_.field_changes * header_.size() > kMostFieldsLookedAt ||
      pending_.octets > kMostChangeOctets) {
    return line().fail("wants too many changes");
  }
  pending_.changes.push_back(std::move(change.change));
}

// While the disk is behind nothing more is taken from the filter.
void MessageFilter::take_body(const std::string& octets) {
  if (pending_.body_refused) return;
  if (!pending_.body) pending_.body = parts_.spool.begin(parts_.loop);
  std::string mended;
  pending_.mender.on_octets(octets, mended);
  pending_.body_octets += mended.size();
  if (pending_.body_octets > parts_.most_body) return line().fail("gives too long a body");
  pending_.body->append(mended);
  if (!pending_.body->congested()) return;
  line().hold(true);
  pending_.body->on_relief([&held = line()] { held.hold(false); });
}

void MessageFilter::log_change(std::string_view what) const {
  const auto& log = parts_.filters.log();
  if (!log.wants(8)) return;
  const auto& filter = parts_.filters.lines()[at_]->filter();
  log.write(maillog::milter_change(log.id(), filter.name, what));
}

void MessageFilter::log_arguments(std::string_view arguments) const {
  if (!arguments.empty()) log_change(fmt::format("arguments passed over: {}", arguments));
}

void MessageFilter::apply(const milter::AddField& change) {
  log_change(fmt::format("add: header: {}: {}", change.name, shown(change.value)));
  header_.add(change);
}

void MessageFilter::apply(const milter::InsertField& change) {
  log_change(
      fmt::format("insert ({}): header: {}: {}", change.index, change.name, shown(change.value)));
  header_.insert(change);
}

void MessageFilter::apply(const milter::ChangeField& change) {
  using Did = milter::Header::Did;
  const auto outcome = header_.change(change);
  switch (outcome.did) {
    case Did::changed:
      return log_change(fmt::format("change: header {}: from {} to {}", change.name, outcome.old,
                                    shown(change.value)));
    case Did::added:
      return log_change(
          fmt::format("change (add): header: {}: {}", change.name, shown(change.value)));
    case Did::deleted:
      return log_change(fmt::format("delete: header {}:{}", change.name, outcome.old));
    case Did::nothing:
      return log_change(fmt::format("delete (noop): header: {}", change.name));
  }
}

void MessageFilter::apply(const milter::ChangeSender& change) {
  log_change("chgfrom: " + change.address);
  log_arguments(change.arguments);
  judgement_.sender = mail::without_brackets(change.address);
}

void MessageFilter::apply(const milter::AddRecipient& change) {
  log_change("add: rcpt: " + change.address);
  log_arguments(change.arguments);
  judgement_.recipients.push_back({.address = std::string(mail::without_brackets(change.address)),
                                   .deleted = false,
                                   .filter = line().filter().name});
}

void MessageFilter::apply(const milter::DeleteRecipient& change) {
  judgement_.recipients.push_back({.address = std::string(mail::without_brackets(change.address)),
                                   .deleted = true,
                                   .filter = line().filter().name});
}

// All of the new body is in the draft, if one was given.
void MessageFilter::apply(const milter::ReplaceBody&) {
  if (!pending_.body) return;
  log_change("message: body replaced");
  std::string end;
  pending_.mender.on_end(end);
  pending_.body->append(end);
  parts_.intake.replace_body(std::move(pending_.body), pending_.body_octets + end.size());
}

void MessageFilter::apply(const milter::Quarantine& change) {
  const auto& log = parts_.filters.log();
  const auto& name = line().filter().name;
  // A message without a reason would not be held.
  const std::string reason = change.reason.empty() ? "quarantined by " + name : change.reason;
  log.write(maillog::milter_action(3, log.id(), name, {}, "quarantine", reason));
  judgement_.quarantine = reason;
}

}  // namespace signet::receive
