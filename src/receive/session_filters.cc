// What a Session asks its mail filters, and what it makes of their answers. See session.h.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "receive/filtering.h"
#include "receive/session.h"
#include "signet/mail/address.h"
#include "signet/maillog/lines.h"
#include "signet/policy/route.h"

namespace signet::receive {
namespace {

using milter::Answer;
using milter::Said;

constexpr std::uint64_t kMostNewBody = 1ULL << 30;  // without MaxMessageSize
constexpr std::size_t kMostOfAddress = 256;         // RFC 5321 §4.5.3.1.3

mail::Reply please_try_again() { return {451, "4.3.2", "Please try again later"}; }
mail::Reply command_rejected(int code = 550) { return {code, "5.7.1", "Command rejected"}; }
mail::Reply closing(const Options& options) {
  return {421, "4.7.0", options.host + " closing connection"};
}

// What the client hears; empty: it passes.
std::optional<mail::Reply> refusal_of(const Answer& answer, mail::Reply rejected,
                                      const Options& options) {
  switch (answer.said) {
    case Said::reject:
      return rejected;
    case Said::temporary:
      return please_try_again();
    case Said::reply:
      return answer.reply;
    case Said::close:
      return closing(options);
    default:
      return std::nullopt;
  }
}

// As the log has it: the filter's own words, or ours.
std::string logged(const Answer& answer, const mail::Reply& reply) {
  return answer.said == Said::reply ? answer.text : reply.line();
}

smtp::Decision yes() { return smtp::Decision{mail::Reply{}, false}; }

}  // namespace

bool Session::has_filters() const {
  return filtering_ && !filtering_->filters.left() && !discard_session_;
}

bool Session::filters_message() const { return has_filters() && !discard_; }

milter::MacroValues Session::macros() {
  return [this](std::string_view name) {
    return macro_value(name,
                       {.options = *options_,
                        .port = *port_,
                        .peer = peer_,
                        .tls = tls_,
                        .auth = auth_,
                        .now = receiver_.surroundings_.loop.now().wall,
                        .queue_id = transaction_id(),
                        .helo = filtering_->mail ? smtp_->helo() : std::string(),
                        .protocol = filtering_->mail ? smtp_->protocol() : std::string(),
                        .sender = filtering_->mail ? std::optional(sender_address_) : std::nullopt,
                        .mail = filtering_->mail,
                        .rcpt = filtering_->rcpt,
                        .recipients = filtering_->recipients,
                        .bad_recipients = filtering_->bad_recipients,
                        .size = filtering_->size,
                        .message_id = storing_.message_id});
  };
}

policy::RouteOptions Session::routing() const {
  return {.site = &options_->site,
          .mailertable = options_->mailertable.get(),
          .smart_host = options_->smart_host};
}

MailerTriple Session::mailer_of(const std::string& address) const {
  if (address.empty()) {
    const auto* boxes = options_->site.mailboxes.get();
    return {.mailer = boxes != nullptr ? boxes->mailer : "local", .host = {}, .address = {}};
  }
  const auto route = policy::route_before_aliases(routing(), address);
  return route ? triple_of(*route) : triple_of(please_try_again());
}

void Session::look_at_mailer(const std::string& address) const {
  if (filtering_) (void)mailer_of(address);
}

// ---- connect, HELO ----

void Session::welcome(smtp::Decision decision) {
  if (port_->filters.empty() || !decision.reply.positive() || decision.discard) {
    return answer(std::move(decision));
  }
  auto& around = receiver_.surroundings_;
  filtering_ = std::make_unique<Filtering>(Filters::Parts{
      .loop = around.loop,
      .resolver = around.resolver,
      .filters = port_->filters,
      .macros = options_->filter_macros,
      .log =
          FilterLog(around.log, options_->filter_log_level, [this] { return transaction_id(); })});
  filtering_->filters.open([this, decision = std::move(decision)](const Answer& opened) mutable {
    if (opened.said != Said::go_on) {
      return take_client(std::move(decision), opened, "initialization failed");
    }
    filtering_->filters.log().write(
        maillog::milter_step(9, transaction_id(), "connect to filters"));
    filtering_->filters.tell(milter::connect_news(peer_), macros(),
                             [this, decision = std::move(decision)](const Answer& said) mutable {
                               take_client(std::move(decision), said, {});
                             });
  });
}

// A filter's own words are not for a greeting: only their class counts.
void Session::take_client(smtp::Decision decision, Answer said, std::string_view trouble) {
  if (said.said == Said::reply) {
    said.said = said.reply.code == 421   ? Said::close
                : said.reply.temporary() ? Said::temporary
                                         : Said::reject;
  }
  std::string_view what;
  if (said.said == Said::reject) {
    what = "rejecting commands";
    decision.reply = {550, "5.0.0", "Command rejected"};
    decision.unwelcome = true;
  } else if (said.said == Said::temporary) {
    what = "temp failing commands";
    filtering_->temporary = true;
  } else if (said.said == Said::close) {
    what = trouble.empty() ? "shutdown" : "closing connection";
    decision.reply = closing(*options_);
  }
  if (!what.empty()) {
    const auto& log = filtering_->filters.log();
    if (trouble.empty()) {
      log.write(maillog::milter_step(9, transaction_id(), "connect, ending"));
      log.write(maillog::milter_connect(transaction_id(), peer_.name, peer_.address(), what));
    } else {
      log.write(maillog::milter_step(3, transaction_id(),
                                     std::string(trouble) + ", " + std::string(what)));
    }
    filtering_->filters.quit();
  }
  answer(std::move(decision));
}

void Session::visit(smtp::AskHelo& effect) {
  if (!has_filters()) return answer(yes());
  filtering_->filters.tell(
      milter::helo_news(effect.name), macros(),
      [this, name = effect.name](const Answer& said) { take_helo(name, said); });
}

void Session::take_helo(const std::string& name, const Answer& said) {
  auto decision = yes();
  const auto refusal = refusal_of(said, {550, "5.0.0", "Command rejected"}, *options_);
  if (refusal) {
    filtering_->filters.log().write(
        maillog::milter_reply(transaction_id(), "helo", name,
                              said.said == Said::reject ? refusal->text : logged(said, *refusal)));
    filtering_->temporary = said.said == Said::temporary;
    if (!filtering_->temporary) decision.reply = *refusal;
    filtering_->filters.quit();
  }
  answer(std::move(decision));
}

void Session::visit(smtp::AskUnknown& effect) {
  if (!has_filters()) return answer(yes());
  filtering_->filters.tell(milter::unknown_news(effect.line), macros(),
                           [this, line = effect.line](const Answer& said) {
                             answer(judged(said, "unknown", line, {}));
                           });
}

// ---- the envelope ----

// A filter's answer as what the client hears, logged; `decision` is said if it passes.
smtp::Decision Session::judged(const Answer& said, std::string_view about,
                               const std::string& argument, smtp::Decision decision) {
  const auto& log = filtering_->filters.log();
  auto refusal = refusal_of(said, command_rejected(), *options_);
  if (refusal) {
    log.write(maillog::milter_reply(transaction_id(), about, argument, logged(said, *refusal)));
    if (about == "from" || about == "to") {
      refusal->text = mail::with_address(refusal->code, argument, refusal->text);
    }
    return {std::move(*refusal), false};
  }
  if (said.said == Said::discard && about != "unknown") {
    log.write(maillog::milter_reply(transaction_id(), about, argument, {}));
    decision.discard = discard_ = true;
  }
  return decision;
}

bool Session::fails_mail_for_now(const smtp::SenderPath& path) {
  if (!filtering_ || !filtering_->temporary) return false;
  receiver_.surroundings_.log.write(
      maillog::mail_failed_before(transaction_id(), path.as_given, peer_.relay()));
  answer(smtp::Decision{please_try_again(), false});
  return true;
}

void Session::filter_sender(const smtp::SenderPath& path, smtp::Decision decision) {
  if (!filters_message() || !decision.reply.positive()) return answer(std::move(decision));
  filtering_->mail = mailer_of(sender_address_);
  filtering_->rcpt.reset();
  filtering_->recipients = filtering_->bad_recipients = 0;
  filtering_->size.reset();
  if (path.declared_size > 0) filtering_->size = path.declared_size;
  storing_.message_id.clear();
  const auto& log = filtering_->filters.log();
  if (log.wants(14)) {
    log.write(maillog::milter_step(14, transaction_id(), "sender: " + path.as_given));
  }
  filtering_->filters.tell(
      milter::mail_news(path.as_given, path.arguments), macros(),
      [this, given = path.as_given, decision = std::move(decision)](const Answer& said) mutable {
        if (said.said != Said::go_on) filtering_->filters.abort();
        if (said.said == Said::reject) {
          filtering_->filters.log().write(
              maillog::milter_step(10, transaction_id(), "reject, sender"));
        }
        answer(judged(said, "from", given, std::move(decision)));
      });
}

void Session::filter_recipient(const smtp::RecipientPath& path, smtp::Decision decision) {
  if (!filters_message()) return answer(std::move(decision));
  const bool refused = !decision.reply.positive();
  if (!refused) filtering_->rcpt = mailer_of(path.address);
  ++*(refused ? filtering_->bad_recipients : filtering_->recipients);
  const auto& log = filtering_->filters.log();
  if (log.wants(14)) {
    log.write(maillog::milter_step(14, transaction_id(), "rcpts: " + path.as_given));
  }
  auto news = milter::rcpt_news(path.as_given, path.arguments);
  news.refused = refused;
  filtering_->filters.tell(
      std::move(news), macros(),
      [this, given = path.as_given, decision = std::move(decision)](const Answer& said) mutable {
        filtering_->rcpt.reset();
        if (!decision.reply.positive()) return answer(std::move(decision));
        auto judgement = judged(said, "to", given, std::move(decision));
        if (!judgement.reply.positive()) {
          --*filtering_->recipients;
          ++*filtering_->bad_recipients;
        }
        answer(std::move(judgement));
      });
}

void Session::visit(smtp::AskData&) {
  if (!filters_message()) return answer(yes());
  filtering_->filters.tell(milter::data_news(), macros(), [this](const Answer& said) {
    answer(judged(said, "cmd", "data", yes()));
  });
}

// ---- the content ----

void Session::filter_message(smtp::AskStore& order) {
  storing_.size = order.octets;
  storing_.message_id = intake_->message_id(storing_, trace_of_session());
  filtering_->size = order.octets;
  log_message(storing_, storing_.recipients.size());
  filtering_->order = std::move(order);
  const auto most = port_->session->max_message_bytes;
  filtering_->message = std::make_unique<MessageFilter>(
      MessageFilter::Parts{.loop = receiver_.surroundings_.loop,
                           .spool = receiver_.surroundings_.spool,
                           .filters = filtering_->filters,
                           .intake = *intake_,
                           .values = macros(),
                           .most_body = most == 0 ? kMostNewBody : 2 * most},
      [this](MessageFilter::Judgement judgement) { take_judgement(std::move(judgement)); });
  filtering_->message->start();
}

void Session::take_judgement(MessageFilter::Judgement judgement) {
  auto& around = receiver_.surroundings_;
  around.loop.dispose(std::move(filtering_->message));
  const auto& log = filtering_->filters.log();
  const auto& verdict = judgement.verdict;
  filtering_->filters.abort();
  if (!judgement.trouble.empty()) {
    around.log.write(maillog::system_error(queue_id_, judgement.trouble));
  }
  if (auto refusal = refusal_of(verdict, command_rejected(554), *options_)) {
    if (verdict.said == Said::reject)
      log.write(maillog::milter_step(10, queue_id_, "reject, data"));
    log.write(maillog::milter_reply(queue_id_, "data", {}, logged(verdict, *refusal)));
    return end_message(smtp::NotStored{std::move(*refusal)});
  }
  if (verdict.said == Said::discard) {
    log.write(maillog::milter_reply(queue_id_, "data", {}, {}));
    return drop_message();
  }
  log.write(maillog::milter_accepted(queue_id_));
  if (judgement.sender) change_sender(*judgement.sender);
  if (judgement.quarantine) quarantine_ = *judgement.quarantine;
  change_recipients(judgement.recipients);
}

void Session::drop_message() {
  receiver_.surroundings_.log.write(maillog::discarded(queue_id_));
  end_message(smtp::Stored{queue_id_});
}

// What may go into an envelope. The log says what may not.
bool Session::is_address(const std::string& wanted) {
  if (wanted.size() <= kMostOfAddress && mail::parse_address(wanted)) return true;
  receiver_.surroundings_.log.write(
      maillog::user_error(queue_id_, "a mail filter wants what is no address: " + wanted));
  return false;
}

void Session::change_sender(const std::string& address) {
  if (address.empty() || is_address(address)) sender_address_ = address;
}

// Those that are added are looked for like any recipient, by a worker: they may be many.
void Session::change_recipients(const std::vector<MessageFilter::RecipientChange>& changes) {
  auto& recipients = filtering_->order->recipients;
  std::unordered_multimap<std::string, std::size_t> places;
  for (std::size_t i = 0; i < recipients.size() && !changes.empty(); ++i) {
    places.emplace(sameness({recipients[i].address}), i);
  }
  std::vector<std::string> added;
  for (const auto& change : changes) {
    if (!change.deleted) {
      if (!is_address(change.address)) continue;
      places.emplace(sameness({change.address}), recipients.size());
      recipients.push_back({.as_given = change.address, .address = change.address});
      added.push_back(change.address);
      continue;
    }
    const auto gone = places.equal_range(sameness({change.address}));
    std::size_t count = 0;
    for (auto place = gone.first; place != gone.second; ++place, ++count) {
      recipients[place->second].address.clear();
    }
    places.erase(gone.first, gone.second);
    filtering_->filters.log().write(maillog::milter_deleted_recipient(
        queue_id_, change.filter, mail::in_brackets(change.address), count));
  }
  std::erase_if(recipients, [](const smtp::RecipientPath& path) { return path.address.empty(); });
  if (added.empty()) return commit_filtered();
  auto& around = receiver_.surroundings_;
  auto& workers = around.map_workers != nullptr ? *around.map_workers : around.workers;
  workers.run_for("added", [options = options_, added = std::move(added), &loop = around.loop,
                            receiver = &receiver_, here = std::weak_ptr<bool>(receiver_.alive_),
                            id = id_]() mutable {
    Destinations found;
    std::size_t sum = 0;  // what is more than a message may have is not looked for
    for (std::size_t i = 0; i < added.size() && sum <= kMostDestinations; ++i) {
      auto who = policy::find_recipients(aliases(*options), added[i]);
      sum += who.error ? 1 : who.members.size();
      if (!who.error) found.insert_or_assign(std::move(added[i]), std::move(who.members));
    }
    loop.post([receiver, here = std::move(here), id, found = std::move(found)]() mutable {
      if (here.expired()) return;
      if (Session* owner = receiver->find(id)) owner->on_added(std::move(found));
    });
  });
}

// Nobody is told of those that do not exist: what was accepted comes back as a bounce.
void Session::on_added(Destinations found) {
  if (over_ || !filtering_->order) return;
  for (auto& [given, members] : found) {
    destinations_.insert_or_assign(given, std::move(members));
  }
  commit_filtered();
}

void Session::commit_filtered() {
  const auto order = std::exchange(filtering_->order, std::nullopt);
  auto& recipients = order->recipients;
  std::size_t sum = 0;
  for (const auto& path : recipients) {
    const auto found = destinations_.find(path.address);
    sum += found == destinations_.end() ? 1 : found->second.size();
  }
  if (sum > kMostDestinations) {
    receiver_.surroundings_.log.write(
        maillog::user_error(queue_id_, "mail filters want too many recipients"));
    return end_message(smtp::NotStored{{452, "4.5.3", "Too many recipients"}});
  }
  if (recipients.empty()) return drop_message();
  const auto arrived = storing_.arrived;  // as the filters were told
  storing_ = envelope_of(*order);
  storing_.arrived = arrived;
  commit_message(*order);
}

}  // namespace signet::receive
