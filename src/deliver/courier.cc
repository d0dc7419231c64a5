// The way of a message on its loop: taken, split by route, handed out, its results gathered. What
// then becomes of it is settle.cc.
#include "signet/deliver/courier.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "deliver/crowd.h"
#include "deliver/destination.h"
#include "deliver/failures.h"
#include "deliver/log_result.h"
#include "deliver/quarantine.h"
#include "deliver/report.h"
#include "deliver/resend.h"
#include "deliver/slots.h"
#include "deliver/sort.h"
#include "signet/base/check.h"
#include "signet/base/text.h"
#include "signet/mail/address_list.h"
#include "signet/maillog/lines.h"

namespace signet::deliver {
namespace {

constexpr std::size_t kMostTranscript = 200;  // lines kept for a report
constexpr std::size_t kLoadsAtOnce = 64;
constexpr std::size_t kMostFailures = 4096;         // next hops whose failures are remembered
constexpr WallTime kNobodyKnows = WallTime::max();  // waits until somebody asks for a queue run

// BY with R: the time was over before it could be tried again.
bool is_too_late(const queue::Message& message, WallTime now) {
  const auto& by = message.envelope.deliver_by;
  return by && by->gives_up() && now >= message.envelope.arrived + by->within;
}

Outcome too_late() {
  Outcome outcome;
  outcome.dsn = "4.4.7";
  outcome.stat = "Deferred: Delivery time expired";
  return outcome;
}

}  // namespace

const MailerLimits& Options::limits_of(std::string_view mailer) const {
  static const MailerLimits usual;
  const auto found = mailers.find(mailer);
  return found != mailers.end() ? found->second : usual;
}

policy::RouteOptions routing(const Options& options, std::string_view sender) {
  return {.site = &options.site,
          .mailertable = options.mailertable.get(),
          .sendertable = options.sendertable.get(),
          .sender = sender,
          .smart_host = options.smart_host,
          .port = options.port,
          .smtp_port = options.smtp_port,
          .smtp8_port = options.smtp8_port,
          .relay_port = options.relay_port,
          .smtp_mailer = options.smtp_mailer,
          .relay_mailer = options.relay_mailer};
}

Courier::Courier(Surroundings around, std::shared_ptr<const Options> options, std::uint32_t seed)
    : around_(around),
      options_(std::move(options)),
      random_(seed),
      crowd_(std::make_unique<Crowd>()),
      idle_slots_(std::make_unique<Slots>()),
      failures_(std::make_unique<Failures>(kMostFailures)),
      quarantine_(std::make_unique<Quarantine>()),
      ahead_(around.loop, around.map_workers != nullptr ? *around.map_workers : around.workers),
      due_(around.loop, [this] { on_due(); }),
      place_free_(around.loop, [this] { serve_line(); }) {}

Courier::~Courier() = default;

void Courier::take(queue::Committed committed) {
  const auto& message = committed.message();
  if (draining_) return;  // it is on disk; the next life delivers it
  if (message->held() && hold(*message, true)) {
    return write_waiting(message);
  }
  if (options_->mode == Mode::queue_only || (options_->only_queues && options_->only_queues())) {
    write_waiting(message);
    postpone(message->key, options_->run_queue ? now().wall + options_->retry.first : kNobodyKnows);
    return;
  }
  if (in_work_ >= options_->messages_in_work) return postpone(message->key, now().wall);
  start(message, true);
}

void Courier::wait_for(const std::vector<queue::Waiting>& waiting) {
  const auto at_once = now().wall;
  for (const auto& one : waiting) {
    schedule_.add(one.key,
                  options_->run_queue ? std::max(one.next_attempt, at_once) : kNobodyKnows);
  }
  arm();
}

void Courier::reload(std::shared_ptr<const Options> options) {
  options_ = std::move(options);
  for (Destination* destination : all_destinations()) destination->renew();
}

// Also where nobody answered just now: whoever asks knows why.
void Courier::run_queue() {
  failures_->clear();
  for (Destination* destination : all_destinations()) destination->forgive();
  for (const auto key : schedule_.take_due(WallTime::max(), options_->most_in_run)) {
    schedule_.add(key, now().wall);
  }
  arm();
}

bool Courier::hold(queue::Message& message, bool fresh) {
  if (quarantine_->hold(message, fresh)) return true;
  let_go(message.key);
  message.released = true;
  schedule_.remove(message.key);  // it goes now
  return false;
}

void Courier::release(std::span<const std::string> ids) {
  for (const auto key : quarantine_->release(ids, now().wall)) let_go(key);
  arm();
}

// Written with the next sync: after a crash it may be held again.
void Courier::let_go(queue::Key key) {
  around_.spool.record({.key = key,
                        .attempted = false,
                        .when = now().wall,
                        .next_attempt = now().wall,
                        .released = true});
  schedule_.add(key, now().wall);
}

void Courier::postpone(queue::Key key, WallTime due) {
  schedule_.add(key, due);
  arm();
}

void Courier::arm() {
  const auto next = schedule_.next_due();
  if (!next || draining_ || *next == kNobodyKnows ||
      in_work_ + loading_ >= options_->messages_in_work || loading_ >= kLoadsAtOnce) {
    return due_.cancel();
  }
  due_.arm_in(std::max<Duration>(*next - now().wall, Duration(0)));
}

// Messages that wait are read from disk, a bounded number at a time.
void Courier::on_due() {
  const std::size_t room = std::min(
      options_->messages_in_work - std::min(in_work_ + loading_, options_->messages_in_work),
      kLoadsAtOnce - std::min(loading_, kLoadsAtOnce));
  for (const auto key : schedule_.take_due(now().wall, room)) {
    ++loading_;
    around_.spool.load(key, around_.loop,
                       [this, key, here = std::weak_ptr<bool>(alive_)](
                           Result<std::shared_ptr<queue::Message>> loaded) {
                         if (!here.expired()) on_loaded(key, std::move(loaded));
                       });
  }
  arm();
}

void Courier::on_loaded(queue::Key key, Result<std::shared_ptr<queue::Message>> loaded) {
  --loading_;
  if (!loaded) {
    // Gone meanwhile, or unreadable: it stays in the spool, and if there is hope is tried again.
    around_.log.write(maillog::system_error({}, loaded.error().what));
    if (loaded.error().kind == ErrorKind::temporary) {
      schedule_.add(key, now().wall + options_->retry.first);
    }
  } else if (!draining_ && !((*loaded)->held() && hold(**loaded, false))) {
    start(std::move(*loaded), false);
  }
  arm();
  report_drained();
}

void Courier::start(std::shared_ptr<queue::Message> message, bool fresh) {
  ++in_work_;
  auto work = std::make_shared<Work>();
  work->fresh = fresh;
  work->started = now().mono;
  work->outcomes.resize(message->envelope.recipients.size());
  message->done.resize(message->envelope.recipients.size(), false);
  work->message = std::move(message);
  read_header(work, mail::kMostChangedHeader,
              [this, work](const Result<std::string_view>& head) { dispatch(work, head); });
}

// What sorting will ask of maps that wait is asked by a worker before.
void Courier::look_ahead(const std::shared_ptr<queue::Message>& message, std::string_view head,
                         loop::Task then) {
  if (!options_->maps_wait) return then();
  const auto decide = [options = options_, message, head = std::string(head)] {
    const auto work = std::make_shared<Work>();
    work->message = message;
    (void)sort_recipients(*options, work, head);
  };
  ahead_.know(options_, decide,
              [this, message, head = std::string(head), asked = options_,
               then = std::move(then)]() mutable {
                if (asked == options_) return then();
                look_ahead(message, head, std::move(then));  // reloaded: other maps, not asked yet
              });
}

void Courier::write_waiting(const std::shared_ptr<queue::Message>& message) {
  look_ahead(message, {}, [this, message] {
    log_waiting(*message, routing(*options_, message->envelope.sender), around_.log, now().wall);
  });
}

void Courier::dispatch(const std::shared_ptr<Work>& work, const Result<std::string_view>& head) {
  if (head) work->weight = mail::weight_of(*head);
  if (!options_->maps_wait) return hand_out(work, head);
  Result<std::string> kept = std::string();
  if (head) {
    kept = std::string(*head);
  } else {
    kept = std::unexpected(head.error());
  }
  const std::string ahead = kept ? *kept : std::string();
  look_ahead(work->message, ahead, [this, work, kept = std::move(kept)] {
    if (kept) return hand_out(work, std::string_view(*kept));
    hand_out(work, std::unexpected(kept.error()));
  });
}

// Routes every recipient that is not done and hands out the groups.
void Courier::hand_out(const std::shared_ptr<Work>& work, const Result<std::string_view>& head) {
  if (is_too_late(*work->message, now().wall)) {
    for (std::size_t i = 0; i < work->outcomes.size(); ++i) {
      if (!work->message->done[i]) work->outcomes[i] = too_late();
    }
    work->attempted = true;
    return settle(work);
  }
  auto sorted = sort_recipients(*options_, work, head);
  // Counted first: an answer may come before the last group is handed out.
  work->groups_open = sorted.groups.size() + sorted.known.size() + (sorted.others.empty() ? 0 : 1);
  if (work->groups_open == 0) {
    work->attempted = true;  // nobody had to be asked
    return settle(work);
  }
  for (auto& [task, outcome] : sorted.known) {
    TaskResult result;
    result.outcomes.push_back(std::move(outcome));
    on_result(std::move(task), std::move(result));
  }
  for (auto& [task, key, hops] : sorted.groups) {
    if (hops.empty()) {
      hand_to_agent(std::move(task));
    } else {
      destination(key, task.mailer, std::move(hops)).add(std::move(task));
    }
  }
  if (!sorted.others.empty()) resend(work, sorted.others);
}

Destination& Courier::destination(const std::string& key, const std::string& mailer,
                                  std::vector<policy::NextHop> hops) {
  auto& place = destinations_[key];
  if (!place) {
    for (auto& hop : hops) hop.helo = !options_->limits_of(mailer).extended;
    place = std::make_unique<Destination>(*this, key, std::move(hops));
  }
  return *place;
}

void Courier::on_destination_idle(const std::string& key) {
  const auto at = destinations_.find(key);
  if (at == destinations_.end()) return;
  around_.loop.dispose(std::move(at->second));
  destinations_.erase(at);
  report_drained();
}

// One idle connection ends for each that waits; busy ones follow between two tasks.
void Courier::wait_for_place(const std::string& key) {
  line_.push_back(key);
  if (connections_ < options_->connections) place_free_.arm_in(Duration(0));
  for (Destination* destination : all_destinations()) {
    if (destination->end_an_idle_connection()) break;
  }
}

void Courier::give_back_place() {
  --connections_;
  if (!line_.empty()) place_free_.arm_in(Duration(0));
}

void Courier::serve_line() {
  while (!line_.empty() && connections_ < options_->connections) {
    const std::string key = std::move(line_.front());
    line_.pop_front();
    const auto at = destinations_.find(key);
    if (at != destinations_.end()) at->second->on_place();
  }
}

void Courier::hand_to_agent(Task task) {
  const auto index = task.recipients.front();
  const auto& recipient = task.work->message->envelope.recipients[index];
  LocalLetter letter{
      .kind = recipient.kind, .sender = task.copy->sender, .content = task.copy->content};
  if (task.program_host) {
    letter.user = task.addresses.front();
    letter.mailer = task.mailer;
    letter.host = *task.program_host;
  } else if (recipient.is_address()) {
    letter.user = task.addresses.front();
    // Who has come by his own .forward file is not sent on by it again.
    const auto name = policy::forwarding_name(letter.user);
    letter.may_forward = recipient.kind == mail::Recipient::Kind::address &&
                         recipient.trail.size() < options_->max_alias_recursion &&
                         std::ranges::find(recipient.trail, name) == recipient.trail.end();
  } else {
    letter.user = recipient.user;
    letter.alias = recipient.source;
    letter.files = policy::files_behind(recipient);
    letter.list_alias = recipient.list_source;
    letter.target = recipient.address;
    if (recipient.kind == mail::Recipient::Kind::program) letter.target.erase(0, 1);  // '|'
  }
  around_.agent.deliver(std::move(letter), [this, here = std::weak_ptr<bool>(alive_),
                                            task = std::move(task)](LocalResult answer) mutable {
    if (!here.expired()) on_letter(std::move(task), std::move(answer));
  });
}

void Courier::on_letter(Task task, LocalResult answer) {
  const auto& envelope = task.work->message->envelope;
  const auto& recipient = envelope.recipients[task.recipients.front()];
  if (!answer.remark.empty()) {
    around_.log.write(maillog::system_error(envelope.id, answer.remark));
  }
  if (answer.members) return forward(std::move(task), std::move(*answer.members));
  const bool unknown = !answer.delivered && !answer.temporary && answer.status == "5.1.1";
  if (unknown && recipient.is_address() && !task.program_host)
    return give_to_luser_relay(std::move(task));
  TaskResult result;
  result.outcomes.push_back(outcome_of_letter(answer));
  result.rights = std::move(answer.ids);
  if (task.program_host) result.relay = *task.program_host;
  for (const auto line : words(answer.output, "\n")) result.transcript.emplace_back(line);
  on_result(std::move(task), std::move(result));
}

// LUSER_RELAY: only the agent may find out who has a mailbox, so it was asked first.
void Courier::give_to_luser_relay(Task task) {
  const auto index = task.recipients.front();
  const auto& address = task.work->message->envelope.recipients[index].address;
  auto route = policy::route_unknown_user(routing(*options_, task.work->message->envelope.sender),
                                          task.addresses.front(), address);
  if (route && route->goes_on() && !draining_) {
    task.addresses = {std::move(route->user)};
    task.mailer = route->mailer;
    if (const auto& copy = task.work->copies[static_cast<std::size_t>(route->way())]) {
      task.copy = copy;
    }
    if (auto outcome = outcome_of_limits(*options_, *task.work, task.mailer)) {
      TaskResult known;
      known.outcomes.push_back(std::move(*outcome));
      return on_result(std::move(task), std::move(known));
    }
    if (route->kind == policy::Route::Kind::program) {
      task.program_host = std::move(route->host);
      return hand_to_agent(std::move(task));
    }
    return destination(destination_key(*route), route->mailer, std::move(route->hops))
        .add(std::move(task));
  }
  TaskResult result;
  if (route && route->goes_on()) {
    // handed back: the next life asks again
    result.attempted = false;
    result.outcomes.emplace_back();
  } else if (route && route->kind == policy::Route::Kind::error) {
    result.outcomes.push_back(refused_here(route->error, {}));
  } else {
    result.outcomes.push_back(outcome_of_letter(
        {.delivered = false, .temporary = false, .status = "5.1.1", .reason = "User unknown"}));
  }
  on_result(std::move(task), std::move(result));
}

void Courier::on_result(Task task, TaskResult result) {
  const auto work = std::move(task.work);
  SIGNET_CHECK(work->groups_open > 0 && result.outcomes.size() == task.recipients.size());
  if (result.attempted) {
    work->attempted = true;
    log_result({*work->message, task, result, now(), work->started}, around_.log);
    for (std::size_t i = 0; i < task.recipients.size(); ++i) {
      work->outcomes[task.recipients[i]] = std::move(result.outcomes[i]);
    }
  }
  for (auto& line : result.transcript) {
    if (work->transcript.size() < kMostTranscript) work->transcript.push_back(std::move(line));
  }
  if (--work->groups_open == 0) return settle(work);
  if (result.attempted) record_delivered(*work, task.recipients);
}

// While others of the message take their time: a crash or a stop must not deliver these once more.
// Who is owed a receipt waits for it.
void Courier::record_delivered(const Work& work, const std::vector<std::size_t>& recipients) {
  auto& message = *work.message;
  queue::Progress progress{
      .key = message.key, .attempted = false, .when = now().wall, .next_attempt = now().wall};
  for (const auto i : recipients) {
    const auto& outcome = work.outcomes[i];
    const bool sent = outcome && outcome->state == Outcome::State::sent;
    if (!sent || (options_->receipts && receipt_of(message.envelope, i, *outcome))) continue;
    message.done[i] = true;
    progress.finished.push_back(i);
  }
  if (!progress.finished.empty()) around_.spool.record(std::move(progress));
}

void Courier::drain(loop::Task drained) {
  draining_ = true;
  drained_ = std::move(drained);
  due_.cancel();
  for (Destination* destination : all_destinations()) destination->drain();
  report_drained();
}

// One that is told something may end, which changes the map; it lives until the round is over.
std::vector<Destination*> Courier::all_destinations() {
  std::vector<Destination*> all;
  for (const auto& [key, destination] : destinations_) all.push_back(destination.get());
  return all;
}

void Courier::report_drained() {
  if (!draining_ || !drained_ || in_work_ != 0 || loading_ != 0 || !destinations_.empty()) return;
  around_.loop.post(std::exchange(drained_, nullptr));
}

}  // namespace signet::deliver
