#include "signet/submit/outbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <random>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/mail/dsn.h"
#include "signet/mail/queue_id.h"

namespace signet::submit {
namespace {

constexpr unsigned kPids = 1000000;  // a queue id ends in six digits of the pid
constexpr std::size_t kMostReturned = 64UL * 1024;

std::string status_of(const mail::Reply& reply) {
  if (!reply.enhanced.empty()) return reply.enhanced;
  return fmt::format("{}.0.0", reply.code / 100);
}

// The header section, for a report.
std::string header_of(const Fd& content) {
  std::string text(kMostReturned, '\0');
  const ssize_t got = pread(content.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  const auto end = text.find("\r\n\r\n");
  if (end != std::string::npos) text.resize(end + 2);
  return text;
}

Result<Fd> unnamed_file() {
  std::string name = "/tmp/signet-XXXXXX";
  Fd file(mkostemp(name.data(), O_CLOEXEC));
  if (!file.valid()) return system_error("making a file in /tmp", errno);
  if (unlink(name.c_str()) != 0) return system_error(name, errno);
  return file;
}

WallTime wall() { return read_clocks().wall; }

}  // namespace

Outbox::Outbox(OutboxOptions options, std::optional<ClientQueue> queue)
    : options_(std::move(options)), queue_(std::move(queue)) {
  std::random_device random;
  auto source =
      std::make_shared<mail::QueueIds>(static_cast<std::uint32_t>(getpid()) % kPids, random());
  ids_ = [source](WallTime now) { return source->next(now); };
}

std::string Outbox::new_id(WallTime now) { return ids_(now); }

Result<Fd> Outbox::begin(const std::string& id) {
  return queue_ ? queue_->create(id) : unnamed_file();
}

void Outbox::discard(const std::string& id) {
  if (queue_) static_cast<void>(queue_->remove(id));
}

Result<Settled> Outbox::settle(Waiting message, const Fd& content, Attempt attempt,
                               Refusals refusals) {
  HandedOver done;
  if (attempt == Attempt::now) {
    done = hand_over(options_.mta, message, content, options_.tell);
    log_results(message, done);
  } else {
    for (const auto& address : message.recipients) {
      done.recipients.push_back({address, Fate::later, smtp::Phase::connect, {450, "", "queued"}});
    }
  }
  return carry_on(std::move(message), content, Origin::new_message, done, refusals);
}

// The order matters: what must wait is on disk before anything else is said or done.
Result<Settled> Outbox::carry_on(Waiting message, const Fd& content, Origin origin,
                                 const HandedOver& done, Refusals refusals) {
  Settled settled;
  std::vector<std::string> left;
  std::vector<RecipientFate> told;  // to the sender
  const bool fails = refusals == Refusals::mail_back && message.notify.of_failure();
  const bool relays = message.notify.success && !done.reports;
  for (const auto& one : done.recipients) {
    if (one.fate == Fate::taken) ++settled.taken;
    if (one.fate == Fate::refused) settled.refused.push_back(one);
    if ((one.fate == Fate::refused && fails) || (one.fate == Fate::taken && relays)) {
      told.push_back(one);
    }
    if (one.fate != Fate::later) continue;
    left.push_back(one.address);
    message.status = one.reply.line();
  }
  settled.waiting = left.size();
  const Waiting whole = message;
  if (!left.empty()) {
    message.recipients = std::move(left);
    message.last_try = wall();
    if (done.connected || origin == Origin::queued) ++message.tries;
    if (auto kept = keep(message, content, origin); !kept) {
      return std::unexpected(std::move(kept).error());
    }
  }
  if (!told.empty()) report(whole, content, told, done.transcript);
  if (settled.waiting == 0) discard(message.id);
  return settled;
}

Result<void> Outbox::keep(const Waiting& message, const Fd& content, Origin origin) {
  if (queue_) {
    return origin == Origin::new_message ? queue_->commit(message, content)
                                         : queue_->update(message);
  }
  if (options_.deposit) return options_.deposit(message, content);
  return temporary("the client queue cannot be used: " + message.status);
}

void Outbox::report(const Waiting& message, const Fd& content,
                    const std::vector<RecipientFate>& told,
                    const std::vector<std::string>& transcript) {
  if (message.sender.empty()) return;  // of a report there is no report
  mail::Envelope original;
  original.id = message.id;
  original.sender = message.sender;
  original.arrived = message.arrived;
  original.peer = message.user + "@localhost";
  original.envelope_id = message.envelope_id;
  const std::string header = header_of(content);
  mail::DsnOrder order;
  order.original = &original;
  order.original_header = header;
  order.host = options_.host;
  order.version = options_.version;
  order.names_actual_recipient = options_.reports_name_actual_recipient;
  order.now = wall();
  order.id = new_id(order.now);
  order.waited = std::chrono::duration_cast<std::chrono::seconds>(order.now - message.arrived);
  order.kind = mail::DsnKind::receipt;
  for (const auto& one : told) {
    const bool taken = one.fate == Fate::taken;
    if (!taken) order.kind = mail::DsnKind::failed;
    const bool theirs = one.phase != smtp::Phase::connect;
    order.recipients.push_back(
        {.address = one.address,
         .action = taken ? mail::DsnAction::relayed : mail::DsnAction::failed,
         .status = status_of(one.reply),
         .reason = one.reply.line(),
         .reason_is_theirs = theirs,
         .remote_mta = theirs ? options_.mta.name : std::string(),
         .diagnosis = one.reply.line(),
         .last_attempt = order.now,
         .transcript = transcript});
  }
  const std::string text = mail::dsn_message(order);
  Waiting made{.id = order.id,
               .user = message.user,
               .sender = {},
               .recipients = {message.sender},
               .arrived = order.now,
               .size = text.size()};
  auto file = begin(made.id);
  if (!file || !write_all(file->get(), text, "writing the report")) return discard(made.id);
  const bool receipt = order.kind == mail::DsnKind::receipt;
  log(maillog::dsn_made(message.id, made.id,
                        receipt ? "Return receipt" : printable(order.recipients.front().reason)));
  if (auto sent = settle(std::move(made), *file, Attempt::now, Refusals::keep_quiet); !sent) {
    log(maillog::remark(maillog::Priority::error, "report lost: " + sent.error().what));
  }
}

void Outbox::log_results(const Waiting& message, const HandedOver& done) const {
  const WallTime now = wall();
  for (const auto& one : done.recipients) {
    maillog::Attempt attempt;
    attempt.queue_id = message.id;
    attempt.recipients = {one.address};
    attempt.controlling_user = message.user;
    attempt.delay = std::chrono::duration_cast<std::chrono::seconds>(now - message.arrived);
    attempt.xdelay = std::chrono::seconds(0);
    attempt.mailer = "relay";
    attempt.priority =
        maillog::message_priority(message.size, message.recipients.size(), message.tries);
    attempt.relay = done.relay;
    attempt.status = one.reply.enhanced;
    switch (one.fate) {
      case Fate::taken:
        if (attempt.status.empty()) attempt.status = "2.0.0";
        attempt.stat = "Sent (" + one.reply.text + ")";
        break;
      case Fate::later:
        attempt.reply = one.reply.line();
        attempt.stat = "Deferred: " + one.reply.text;
        break;
      case Fate::refused:
        attempt.reply = one.reply.line();
        attempt.stat = one.phase == smtp::Phase::rcpt ? "User unknown" : "Service unavailable";
        break;
    }
    for (const auto& line : maillog::to_line(attempt)) log(line);
  }
}

// False: nobody listens, the others need not be tried.
bool Outbox::try_queued(const std::string& id) {
  auto content = queue_->take(id);
  if (!content || !*content) return true;  // another run has it
  auto message = queue_->read(id);
  if (!message) {
    // Sent by another run in between, or damaged: it stays, and the log says so.
    if (message.error().system_code != ENOENT) {
      log(maillog::remark(maillog::Priority::error, message.error().what));
    }
    return true;
  }
  if (options_.tell) options_.tell(fmt::format("Running {}", id));
  auto done = hand_over(options_.mta, *message, **content, options_.tell);
  log_results(*message, done);
  if (wall() - message->arrived >= options_.give_up_after) {
    for (auto& one : done.recipients) {
      if (one.fate == Fate::later) one.fate = Fate::refused;
    }
  }
  const bool connected = done.connected;
  auto settled =
      carry_on(std::move(*message), **content, Origin::queued, done, Refusals::mail_back);
  if (!settled) log(maillog::remark(maillog::Priority::error, id + ": " + settled.error().what));
  return connected;
}

Result<void> Outbox::run_queue() {
  if (!queue_) return permanent("there is no client queue");
  queue_->clear_leftovers(wall());
  auto ids = queue_->ids();
  if (!ids) return std::unexpected(std::move(ids).error());
  bool connected = true;
  for (const auto& id : *ids) {
    if (!connected) {
      // Only what may have become too old needs to be looked at.
      const auto message = queue_->read(id);
      if (!message || wall() - message->arrived < options_.give_up_after) continue;
    }
    connected = try_queued(id);
  }
  return {};
}

}  // namespace signet::submit
