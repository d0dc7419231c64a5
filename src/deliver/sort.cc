#include "deliver/sort.h"

#include <unordered_map>

#include "deliver/copies.h"
#include "deliver/log_result.h"
#include "deliver/resend.h"
#include "signet/base/text.h"
#include "signet/deliver/courier.h"

namespace signet::deliver {
namespace {

constexpr const char* kUsualMailer = "esmtp";  // for the log, where no route was found

// M= of the mailer.
Outcome too_large(std::uint64_t most) {
  Outcome outcome;
  outcome.state = Outcome::State::failed;
  outcome.dsn = "5.2.3";
  outcome.stat = "Service unavailable";
  outcome.detail = "552 5.2.3 Message is too large; " + std::to_string(most) + " bytes max";
  return outcome;
}

// HoldExpensive: it waits for a queue run.
Outcome held() {
  Outcome outcome;
  outcome.stat = "queued";
  return outcome;
}

// A map or the disk fails: it cannot be routed now, or not shown as it must be.
Outcome failed_here(const Error& error) {
  Outcome outcome;
  outcome.dsn = "4.3.0";
  outcome.stat = "Deferred: " + printable(error.what);
  outcome.detail = error.what;
  return outcome;
}

class Sorter final {
 public:
  Sorter(const Options& options, const std::shared_ptr<Work>& work,
         const Result<std::string_view>& head)
      : options_(options),
        work_(work),
        head_(head),
        way_(routing(options, work->message->envelope.sender)) {}

  // To be called once.
  Sorted sort() {
    const auto& message = *work_->message;
    const auto& recipients = message.envelope.recipients;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
      if (i < message.done.size() && message.done[i]) continue;
      if (recipients[i].kind == mail::Recipient::Kind::alias) continue;  // it gets nothing
      if (becomes_others(message.envelope, recipients[i])) {
        sorted_.others.push_back(i);
      } else if (recipients[i].is_address()) {
        take_address(i);
      } else {
        take_member(i);
      }
    }
    return std::move(sorted_);
  }

 private:
  // A program or a file.
  void take_member(std::size_t index) {
    const auto& recipient = work_->message->envelope.recipients[index];
    Task task{work_, {index}, {recipient.address}, std::string(mailer_of(recipient))};
    auto copy = copy_of(policy::Way::local);
    if (!copy) return know(std::move(task), failed_here(copy.error()));
    task.copy = std::move(*copy);
    sorted_.groups.push_back({std::move(task), {}, {}});
  }

  void take_address(std::size_t index) {
    const std::string& given = work_->message->envelope.recipients[index].address;
    const auto renamed = policy::rename_domain(options_.rewriting.domains.get(), given);
    if (!renamed) {
      return know({work_, {index}, {given}, kUsualMailer}, failed_here(renamed.error()));
    }
    auto route = policy::route(way_, renamed->address);
    if (!route) {
      return know({work_, {index}, {renamed->address}, kUsualMailer}, failed_here(route.error()));
    }
    send(index, renamed->address, std::move(*route));
  }

  void send(std::size_t index, const std::string& address, policy::Route route) {
    using Kind = policy::Route::Kind;
    if (auto outcome = outcome_without_asking(route)) {
      return know({work_, {index}, {address}, route.mailer}, std::move(*outcome));
    }
    auto copy = copy_of(route.way());
    if (!copy) return know({work_, {index}, {address}, route.mailer}, failed_here(copy.error()));
    Task task{work_, {index}, {std::move(route.user)}, route.mailer, std::move(*copy)};
    if (route.kind == Kind::remote) return join(std::move(task), std::move(route));
    if (route.kind == Kind::program) {
      task.program_host = std::move(route.host);
    } else if (const auto luser = policy::route_unknown_user(way_, route.local_user, address);
               luser && luser->goes_on()) {
      // The mailbox may turn out to be nobody's: it goes on then, in the form of that way.
      if (auto other = copy_of(luser->way()); !other) {
        return know({work_, {index}, {address}, luser->mailer}, failed_here(other.error()));
      }
    }
    sorted_.groups.push_back({std::move(task), {}, {}});
  }

  std::optional<Outcome> outcome_without_asking(const policy::Route& route) const {
    if (route.kind == policy::Route::Kind::error) return refused_here(route.error, {});
    return outcome_of_limits(options_, *work_, route.mailer);
  }

  // Those with the same next hop, as many as it takes at once.
  void join(Task task, policy::Route route) {
    const auto most = options_.limits_of(task.mailer).recipients;
    std::string key = destination_key(route);
    if (const auto same = open_.find(key); same != open_.end()) {
      Task& group = sorted_.groups[same->second].task;
      group.recipients.push_back(task.recipients.front());
      group.addresses.push_back(std::move(task.addresses.front()));
      if (group.addresses.size() >= most) open_.erase(same);
      return;
    }
    if (most > 1) open_[key] = sorted_.groups.size();
    sorted_.groups.push_back({std::move(task), std::move(key), std::move(route.hops)});
  }

  void know(Task task, Outcome outcome) {
    sorted_.known.emplace_back(std::move(task), std::move(outcome));
  }

  Result<std::shared_ptr<const Copy>> copy_of(policy::Way way) {
    auto& copy = work_->copies[static_cast<std::size_t>(way)];
    if (copy) return copy;
    if (!head_) return std::unexpected(head_.error());
    auto made = make_copy(options_, *work_->message, *head_, way);
    if (made) copy = *made;
    return made;
  }

  const Options& options_;
  const std::shared_ptr<Work>& work_;
  const Result<std::string_view>& head_;
  const policy::RouteOptions way_;
  std::unordered_map<std::string, std::size_t> open_;  // groups that take more, by key
  Sorted sorted_;
};

}  // namespace

std::optional<Outcome> outcome_of_limits(const Options& options, const Work& work,
                                         std::string_view mailer) {
  const auto& limits = options.limits_of(mailer);
  if (limits.max_bytes != 0 && work.message->content->size() > limits.max_bytes) {
    return too_large(limits.max_bytes);
  }
  if (work.fresh && limits.expensive) return held();
  return std::nullopt;
}

std::string destination_key(const policy::Route& route) {
  std::string key = route.mailer;
  for (const auto& hop : route.hops) {
    key += hop.use_mx ? ' ' : '=';
    key += hop.host + ':' + std::to_string(hop.port);
  }
  return key;
}

Sorted sort_recipients(const Options& options, const std::shared_ptr<Work>& work,
                       const Result<std::string_view>& head) {
  return Sorter(options, work, head).sort();
}

}  // namespace signet::deliver
