// What a Session does for each effect of the protocol. See session.h.
#include <set>
#include <utility>

#include "receive/filtering.h"
#include "receive/replies.h"
#include "receive/session.h"
#include "signet/mail/address.h"
#include "signet/maillog/lines.h"
#include "signet/policy/receipts.h"
#include "signet/policy/rewrite.h"

namespace signet::receive {

void Session::visit(smtp::Send& effect) { connection_->write_owned(std::move(effect.bytes)); }

void Session::visit(smtp::StartTls&) {
  if (!port_->tls) return finish();  // never: it was not offered
  connection_->start_tls(port_->tls,
                         {.server_name = {}, .resumption_key = {}, .settings = tls_settings_});
}

void Session::visit(smtp::Close&) { finish(); }

policy::Access Session::access() const { return {options_->access_map.get(), options_->access}; }

policy::ClientView Session::client() const {
  policy::ClientView view{peer_, tls_, auth_};
  if (smtp_) view.helo = smtp_->helo();
  view.sender = sender_address_;
  view.sender_domain = sender_domain_;
  view.lists = list_answers_;
  view.sender_hosts = &sender_hosts_;
  view.recipient_hosts = &recipient_hosts_;
  return view;
}

const std::string& Session::transaction_id() {
  if (queue_id_.empty()) {
    auto& around = receiver_.surroundings_;
    queue_id_ = around.ids.next(around.loop.now().wall);
  }
  return queue_id_;
}

smtp::Decision Session::decide(const policy::Verdict& verdict, std::string_view ruleset,
                               std::string_view argument, mail::Reply accepted_reply) {
  auto& log = receiver_.surroundings_.log;
  maillog::Ruleset line{.queue_id = queue_id_,
                        .name = std::string(ruleset),
                        .argument = std::string(argument),
                        .second_argument = {},
                        .relay = peer_.relay()};
  if (ruleset == "check_relay") line.second_argument = peer_.address();
  if (ruleset == "tls_client") line.second_argument = "STARTTLS";
  switch (verdict.action) {
    case policy::Action::reject:
      log.write(maillog::ruleset_reject(line, verdict.reply));
      return {verdict.reply, false};
    case policy::Action::discard:
      log.write(maillog::ruleset_discard(line));
      return {std::move(accepted_reply), true};
    case policy::Action::quarantine:
      log.write(maillog::ruleset_quarantine(line, verdict.value));
      (ruleset == "check_relay" ? quarantine_session_ : quarantine_) = verdict.value;
      return {std::move(accepted_reply), false};
    case policy::Action::accept:
    case policy::Action::relay:
      return {std::move(accepted_reply), false};
  }
  return {replies::try_later(), false};
}

void Session::visit(smtp::AskConnect& effect) {
  receiver_.surroundings_.log.write(maillog::connect(peer_.relay()));
  look_ahead(
      effect,
      [this](const smtp::AskConnect&) {
        (void)policy::lists_before_connect(access(), options_->site, peer_);
        if (options_->asks_greet_pause) {
          (void)policy::greet_pause(access(), peer_, options_->greet_pause);
        }
      },
      [this](const smtp::AskConnect&) { take_connection(); });
}

void Session::take_connection() {
  ask_lists(policy::lists_before_connect(access(), options_->site, peer_));
  if (options_->asks_greet_pause) {
    const auto pause = policy::greet_pause(access(), peer_, options_->greet_pause);
    // Who talks meanwhile is no mail server; the protocol notices. Who has talked need not wait.
    if (pause.count() > 0 && connection_->input().empty()) return greet_pause_.arm_in(pause);
  }
  behind_lists([this] { answer_connect(); });
}

void Session::answer_connect() {
  struct Connect {
  } connect;
  look_ahead(
      connect,
      [this](const Connect&) {
        (void)policy::check_connect(access(), options_->site, peer_);
        if (options_->rate.used) (void)policy::check_rate(access(), peer_, {}, false);
        if (options_->connections.used) (void)policy::check_connections(access(), peer_, {}, false);
      },
      [this](const Connect&) { judge_connect(); });
}

void Session::judge_connect() {
  auto verdict = policy::check_connect(access(), options_->site, client());
  list_answers_.clear();
  if (!verdict.rejected() && features_.temporary) {
    receiver_.surroundings_.log.write(maillog::remark(
        maillog::Priority::error,
        "srv_features=tempfail, relay=" + peer_.relay() + ", access temporarily disabled"));
    return smtp_->on_answer(
        smtp::Decision{mail::Reply{450, "4.3.0", "Please try again later."}, false});
  }
  auto load = judge_load();
  if (!verdict.rejected() && load.rejected()) verdict = std::move(load);
  auto decision = decide(verdict, "check_relay", peer_.name, mail::Reply{220, "", ""});
  discard_session_ = decision.discard;
  welcome(std::move(decision));
}

void Session::visit(smtp::AskStartTls& effect) {
  look_ahead(
      effect,
      [this](const smtp::AskStartTls&) {
        if (options_->tls_features) (void)policy::find_tls_server_features(access(), peer_);
      },
      [this](const smtp::AskStartTls&) {
        const bool good = port_->tls && find_tls_settings();
        smtp_->on_answer(
            smtp::Decision{good ? mail::Reply{220, "", ""}
                                : mail::Reply{454, "4.3.3", "TLS currently not available"},
                           false});
      });
}

void Session::visit(smtp::AskTlsClient& effect) {
  const auto judge = [this] {
    return policy::judge_tls_client(access(), options_->site, client(), false);
  };
  look_ahead(
      effect, [judge](const smtp::AskTlsClient&) { (void)judge(); },
      [this, judge](const smtp::AskTlsClient&) {
        smtp_->on_answer(
            decide(judge(), "tls_client", mail::to_string(tls_.verify), mail::Reply{}));
      });
}

void Session::visit(smtp::AskSender& effect) {
  look_ahead(
      effect,
      [this](const smtp::AskSender& ask) {
        const auto address = policy::rename_domain(options_->domaintable.get(), ask.path.address);
        if (!address) return;
        (void)policy::lists_before_sender(access(), options_->site, client(), address->address);
        (void)policy::sender_domain_to_resolve(access(), options_->site, client(),
                                               address->address);
        look_at_mailer(address->address);
      },
      [this](smtp::AskSender& ask) { ask_sender(ask); });
}

void Session::ask_sender(smtp::AskSender& effect) {
  if (fails_mail_for_now(effect.path)) return;
  const std::string& queue_id = transaction_id();
  auto renamed = rename_domain(effect.path.address);
  if (!renamed) return smtp_->on_answer(smtp::Decision{replies::try_later(), false});
  sender_ = std::move(effect.path);
  sender_->address = std::move(*renamed);
  const auto room = receiver_.surroundings_.spool.room();
  if (room.failed) return smtp_->on_answer(smtp::Decision{replies::try_later(), false});
  if (room.free_bytes < options_->min_free_bytes ||
      room.free_bytes - options_->min_free_bytes < sender_->declared_size) {
    receiver_.surroundings_.log.write(maillog::low_on_space(queue_id, room.free_bytes));
    return smtp_->on_answer(smtp::Decision{
        mail::Reply{452, "4.4.5", "Insufficient disk space; try again later"}, false});
  }
  ask_lists(policy::lists_before_sender(access(), options_->site, client(), sender_->address));
  find_mail_hosts(policy::sender_hosts_to_ask(access(), options_->site, client(), sender_->address),
                  MailHostSearch::Depth::addresses, sender_hosts_, [this] { resolve_sender(); });
}

void Session::resolve_sender() {
  const std::string domain =
      policy::sender_domain_to_resolve(access(), options_->site, client(), sender_->address);
  if (domain.empty()) return judge_sender(policy::DomainState::not_asked);
  auto& around = receiver_.surroundings_;
  sender_domain_query_ = std::make_unique<SenderDomain>(
      around.loop, around.resolver, domain, options_->lookup_timeout,
      [this](policy::DomainState state) {
        receiver_.surroundings_.loop.dispose(std::move(sender_domain_query_));
        judge_sender(state);
        pump();
      });
}

void Session::judge_sender(policy::DomainState domain) {
  if (lists_ && options_->site.delay_checks == policy::Delay::no) {
    return behind_lists([this, domain] { judge_sender(domain); });
  }
  look_ahead(
      domain,
      [this](policy::DomainState state) {
        (void)policy::check_sender(access(), options_->site, client(), sender_->address,
                                   sender_->as_given, state);
      },
      [this](policy::DomainState state) { take_sender(state); });
}

void Session::take_sender(policy::DomainState domain) {
  const smtp::SenderPath path = std::move(*sender_);
  sender_.reset();
  sender_address_ = path.address;
  destinations_.clear();
  local_names_.clear();
  sender_domain_ = domain;
  quarantine_ = quarantine_session_;
  const auto verdict =
      policy::check_sender(access(), options_->site, client(), path.address, path.as_given, domain);
  auto decision = decide(verdict, "check_mail", path.as_given,
                         replies::accepted("2.1.0", path.as_given, "Sender ok"));
  decision.discard = discard_ = decision.discard || discard_session_;
  filter_sender(path, std::move(decision));
}

void Session::visit(smtp::BeginContent&) {
  auto& around = receiver_.surroundings_;
  intake_.emplace(around.loop, around.spool, *options_,
                  filters_message() ? Intake::For::filters : Intake::For::spool);
}

void Session::visit(smtp::Content& effect) {
  if (!intake_) return;
  intake_->append(effect.bytes);
  watch_congestion();
}

// The disk is behind: the peer waits, not our memory.
void Session::watch_congestion() {
  if (congested_ || !intake_->draft().congested()) return;
  congested_ = true;
  intake_->draft().on_relief([this] {
    congested_ = false;
    pump();
  });
}

// While the disk is behind nothing more is taken, nor while the peer does not take our replies. Nor
// while an answer is looked up: a client that has said everything and closed its side still hears
// what became of it. But who waits for its greeting is listened to: it must not talk, and may
// leave.
void Session::hold_input() {
  const bool asked = smtp_->waiting() && !greet_pause_.armed();
  connection_->pause_input(congested_ || asked || !is_heard());
}

// A draft that is gone tells nobody of relief: with it congestion ends.
void Session::visit(smtp::DropContent&) {
  intake_.reset();
  congested_ = false;
}

mail::Envelope Session::envelope_of(const smtp::AskStore& order) const {
  mail::Envelope envelope;
  envelope.id = queue_id_;
  envelope.sender = sender_address_;
  // One letter for each, however often it was named.
  std::set<std::string> seen;
  const auto add = [&](const mail::Recipient& recipient) {
    if (seen.insert(sameness(recipient)).second) envelope.recipients.push_back(recipient);
  };
  for (const auto& path : order.recipients) {
    const mail::Recipient named{
        .address = path.address, .notify = path.notify, .original = path.original};
    const auto found = destinations_.find(path.address);
    if (found == destinations_.end()) {
      add(named);
    } else if (!path.notify.said() && path.original.empty()) {
      for (const auto& member : found->second) add(member);
    } else {
      auto members = found->second;
      const auto alias = policy::hand_down(named, members);
      for (const auto& member : members) add(member);
      if (alias) envelope.recipients.push_back(*alias);
    }
  }
  envelope.arrived = receiver_.surroundings_.loop.now().wall;
  envelope.body = order.sender.body;
  envelope.protocol = smtp_->protocol();
  envelope.peer = peer_.relay();
  // Who may not speak for another is passed on as <> (RFC 4954 §5).
  if (order.sender.auth && !policy::check_author(auth_, *order.sender.auth).rejected()) {
    envelope.auth_sender = *order.sender.auth;
  }
  envelope.quarantine = quarantine_;
  envelope.envelope_id = order.sender.envelope_id;
  envelope.return_part = order.sender.return_part;
  envelope.deliver_by = order.sender.deliver_by;
  return envelope;
}

// The judgement of HEADER_CHECK and REQUIRE_HEADER; nothing: the message passes.
std::optional<policy::Verdict> Session::judge_header() {
  const auto* judge = intake_->header_judge();
  if (judge == nullptr) return std::nullopt;
  bool own = false;
  auto found = judge->finish(true);  // what does not depend on whose client it is
  if (judge->lacks_fields() && !(found && found->verdict.rejected())) {
    auto known = policy::is_own_client(access(), options_->site, client());
    if (!known) {
      (void)decide(known.error(), "check_header", {}, {});
      return std::move(known).error();
    }
    own = *known;
  }
  if (!own) found = judge->finish(false);
  if (!found) return std::nullopt;
  (void)decide(found->verdict, found->ruleset, found->argument, {});
  return std::move(found->verdict);
}

void Session::discard_message() {
  receiver_.surroundings_.log.write(maillog::discarded(queue_id_));
  log_message(storing_, storing_.recipients.size());
  end_message(smtp::Stored{queue_id_});
}

void Session::end_message(smtp::Answer said) {
  if (filtering_) filtering_->filters.abort();
  intake_.reset();
  queue_id_.clear();
  answer(std::move(said));
}

void Session::visit(smtp::AskStore& effect) {
  const auto* rules = options_->site.patterns.get();
  if (rules == nullptr || rules->required.empty()) return store(effect);
  look_ahead(
      effect,
      [this](const smtp::AskStore&) {
        (void)policy::is_own_client(access(), options_->site, client());
      },
      [this](smtp::AskStore& ask) { store(ask); });
}

void Session::store(smtp::AskStore& effect) {
  storing_ = envelope_of(effect);
  congested_ = false;
  auto& around = receiver_.surroundings_;
  if (effect.discard || storing_.recipients.empty()) return discard_message();
  if (!intake_) return;  // dropped while maps were asked
  if (auto objection = intake_->objection()) {
    storing_.size = effect.octets;
    log_message(storing_, storing_.recipients.size());
    if (objection->enhanced == "5.4.6") {  // a loop: somebody's configuration wants mending
      around.log.write(maillog::system_error(
          queue_id_, objection->text + ": from " + mail::in_brackets(storing_.sender) + " via " +
                         peer_.name + ", to " +
                         mail::in_brackets(storing_.recipients.front().address)));
    } else {
      around.log.write(maillog::user_error(queue_id_, objection->text));
    }
    return end_message(smtp::NotStored{std::move(*objection)});
  }
  if (options_->receipts_by_header && intake_->wants_receipt()) {
    for (auto& path : effect.recipients) {
      if (!path.notify.said()) path.notify = {.success = true, .failure = true, .delay = true};
    }
    storing_ = envelope_of(effect);
  }
  if (auto verdict = judge_header()) {
    storing_.size = effect.octets;
    if (verdict->action == policy::Action::discard) return discard_message();
    if (verdict->rejected()) {
      log_message(storing_, storing_.recipients.size());
      return end_message(smtp::NotStored{std::move(verdict->reply)});
    }
    storing_.quarantine = quarantine_;
  }
  if (intake_->is_for_filters()) return filter_message(effect);
  commit_message(effect);
  log_message(storing_, storing_.recipients.size());
}

void Session::commit_message(const smtp::AskStore& order) {
  const mail::Trace trace = trace_of_session();
  std::vector<std::string> named;
  if (intake_->names_recipients()) {
    for (const auto& path : order.recipients) named.push_back(path.address);
  }
  intake_->commit(storing_, trace, named,
                  [receiver = &receiver_, here = std::weak_ptr<bool>(receiver_.alive_),
                   id = id_](Result<queue::Committed> committed) {
                    // Shut down: what is on disk is delivered by the next life.
                    if (here.expired()) return;
                    if (Session* owner = receiver->find(id)) {
                      return owner->on_committed(std::move(committed));
                    }
                    // The client left before the answer: what is on disk is delivered all the same.
                    if (committed) receiver->on_message_(std::move(*committed));
                  });
}

void Session::on_committed(Result<queue::Committed> committed) {
  intake_.reset();
  queue_id_.clear();
  if (over_) {
    if (committed) receiver_.on_message_(std::move(*committed));
    return;
  }
  if (committed) {
    answer(smtp::Stored{committed->id()});
    receiver_.on_message_(std::move(*committed));
    return;
  }
  receiver_.surroundings_.log.write(maillog::system_error(storing_.id, committed.error().what));
  answer(smtp::NotStored{replies::try_later()});
}

void Session::log_message(const mail::Envelope& envelope, std::size_t recipients) {
  receiver_.surroundings_.log.write(
      maillog::from_line(envelope, recipients, port_->name, peer_.relay()));
}

void Session::visit(smtp::Aborted& effect) {
  if (filtering_) filtering_->filters.abort();
  mail::Envelope envelope;
  envelope.id = transaction_id();
  envelope.sender = effect.sender.address;
  envelope.body = effect.sender.body;
  envelope.protocol = smtp_->protocol();
  log_message(envelope, effect.recipients);
  queue_id_.clear();
}

void Session::visit(smtp::Notice& effect) {
  auto& log = receiver_.surroundings_.log;
  const maillog::Who who{transaction_id(), peer_.relay(), port_->name};
  using Kind = smtp::NoticeKind;
  switch (effect.kind) {
    case Kind::did_not_issue:
      return log.write(maillog::did_not_issue(who));
    case Kind::lost_input:
      return log.write(maillog::lost_input(who, effect.detail));
    case Kind::premature_end: {
      mail::Envelope unfinished;
      unfinished.sender = sender_address_;
      return log.write(maillog::premature_end(who, unfinished));
    }
    case Kind::attack:
      return log.write(maillog::attack(who, effect.detail, effect.count));
    case Kind::recipient_flood:
      return log.write(maillog::recipient_flood(who));
    case Kind::recipient_shutdown:
      return log.write(maillog::recipient_shutdown(who));
    case Kind::hostile:
      return log.write(maillog::ruleset_reject({.queue_id = queue_id_,
                                                .name = "check_other",
                                                .argument = effect.detail,
                                                .second_argument = {},
                                                .relay = peer_.relay()},
                                               {421, "4.7.0", "bad command"}));
    case Kind::too_many_bad:
      return log.write(maillog::too_many_bad(who));
    case Kind::line_too_long:
      return log.write(maillog::line_too_long(who, effect.count));
    case Kind::early_talker:
      return log.write(maillog::early_talker(who, effect.detail));
    case Kind::verify_refused:
      return log.write(maillog::verify_refused(who, effect.detail));
    case Kind::open_proxy:
      return log.write(maillog::open_proxy(who, effect.detail));
    case Kind::timed_out:
      return log.write(maillog::timed_out(who, effect.detail));
    case Kind::content_refused:
      return log.write(maillog::content_refused(who, effect.detail));
  }
}

}  // namespace signet::receive
