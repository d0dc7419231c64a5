// What a Delivery does for each effect of the protocol. See delivery.h.
#include <algorithm>
#include <utility>

#include "deliver/delivery.h"
#include "signet/base/text.h"
#include "signet/maillog/lines.h"
#include "signet/net/tls_facts.h"
#include "signet/policy/features.h"

namespace signet::deliver {
namespace {

// Content waits while so much is on its way. With one more piece it stays under what makes the
// connection stop reading.
constexpr std::size_t kUnsentMost = 128 * 1024;
static_assert(kUnsentMost + 2 * 65536 <= net::ConnectionLimits{}.output_bytes);

// Most recipients have none: then the job has no list of them.
void add_wishes(const mail::Recipient& recipient, smtp::Job& job) {
  if (!recipient.notify.said() && recipient.original.empty()) return;
  job.wishes.resize(job.recipients.size());
  job.wishes.back() = {.notify = recipient.notify, .original = recipient.original};
}

// The first command for a job found the connection dead: that says nothing about the job.
bool was_stale(const smtp::JobResult& result) {
  return std::ranges::all_of(result.recipients, [](const smtp::RecipientResult& one) {
    const bool at_mail = one.phase == smtp::Phase::connect || one.phase == smtp::Phase::mail;
    return at_mail && one.reply.code == 421;
  });
}

}  // namespace

void Delivery::visit(smtp::ClientSend& effect) {
  connection_->write_owned(std::move(effect.bytes));
}

void Delivery::visit(smtp::ClientStartTls&) {
  tls::SessionOptions options;
  if (!current_.host.starts_with('[')) options.server_name = current_.host;
  // Sessions of other settings have proved something else.
  if (tls_settings_ == tls::Settings{}) {
    options.resumption_key = current_.host + " " + current_.address.to_string();
  }
  options.settings = tls_settings_;
  connection_->start_tls(options_->tls, options);
  in_handshake_ = true;
  // Words behind the 220, for us to take as said under TLS (RFC 3207 §6).
  if (connection_->discarded() > 0) smtp_->on_tls_failed("plaintext behind the 220");
}

void Delivery::visit(smtp::AskTls&) {
  look_ahead(
      [this] {
        (void)policy::judge_try_tls(access(), options_->site, server());
        (void)policy::find_client_features(access());
        if (options_->tls_features) (void)policy::find_tls_client_features(access(), server());
      },
      [this] { smtp_->on_answer(choose_tls()); });
}

smtp::TlsChoice Delivery::choose_tls() {
  if (!outgoing().starttls || !may_try_tls() ||
      !policy::find_client_features(access()).says('s').value_or(true)) {
    return smtp::TlsChoice::leave;
  }
  const bool good = !options_->tls_features || find_tls_features();
  return good ? smtp::TlsChoice::take : smtp::TlsChoice::impossible;
}

bool Delivery::find_tls_features() {
  constexpr auto kSide = maillog::Side::client;
  const auto found = policy::find_tls_client_features(access(), server());
  if (!found) {
    around_.log.write(
        maillog::tls_features_fault(kSide, "failed", found.error().what, undotted_relay()));
    return false;
  }
  around_.log.write(maillog::tls_features(kSide, found->text, undotted_relay()));
  for (const auto& item : found->parsed) {
    around_.log.write(maillog::tls_features_parsed(kSide, item, undotted_relay()));
  }
  auto settings = net::to_settings(found->settings);
  if (!found->fault.empty() || !settings) {
    around_.log.write(maillog::tls_features_fault(
        kSide, settings ? found->fault : "options",
        settings ? found->fault_detail : "error=" + settings.error().what, undotted_relay()));
    return false;
  }
  tls_wish_ = found->settings;
  tls_settings_ = std::move(*settings);
  if (tls_settings_ == tls::Settings{}) return true;
  const auto failure = tls::try_settings(*options_->tls, tls_settings_);
  if (!failure) return true;
  around_.log.write(maillog::starttls_error(kSide, failure->reason));
  around_.log.write(maillog::starttls_error_queue(kSide, failure->queue));
  return false;
}

// STARTTLS is done, refused or not offered: may mail be sent here?
void Delivery::visit(smtp::AskServer& effect) {
  if (!tls_.active()) tls_.verify = effect.verify;
  tls_later_ = std::move(effect.refused_for_now);
  look_ahead(
      [this] { (void)policy::judge_tls_server(access(), options_->site, server(), tls_, auth_); },
      [this] { judge_server(); });
}

void Delivery::judge_server() {
  const auto verdict = policy::judge_tls_server(access(), options_->site, server(), tls_, auth_);
  smtp::ServerDecision decision;
  if (verdict.rejected()) {
    write_rejection("tls_server", std::string(mail::to_string(tls_.verify)), verdict.reply);
    decision.refusal = verdict.reply;
    server_refused_ = true;
  }
  smtp_->on_answer(std::move(decision));
}

// ---- AUTH ----

void Delivery::visit(smtp::AskClientAuth& effect) {
  look_ahead(
      [this] {
        (void)policy::find_client_features(access());
        (void)policy::find_auth_info(access(), options_->authinfo.get(), current_.host,
                                     current_.address.ip);
      },
      [this, effect] { find_auth(effect); });
}

void Delivery::find_auth(const smtp::AskClientAuth& effect) {
  const bool wanted =
      outgoing().auth && policy::find_client_features(access()).says('a').value_or(true);
  if (around_.sasl == nullptr || !wanted) return smtp_->on_answer(smtp::NoAuth{});
  auto info = policy::find_auth_info(access(), options_->authinfo.get(), current_.host,
                                     current_.address.ip);
  const auto give_up = [this](std::string_view text) {
    auth_failed_ = true;
    smtp_->on_answer(smtp::AuthGiveUp{mail::Reply{454, "4.3.0", std::string(text)}});
  };
  if (!info && info.error().kind == ErrorKind::temporary) {
    around_.log.write(
        maillog::auth_client_failed(relay(), "authinfo failed: " + info.error().what));
    return give_up("Temporary AUTH failure");
  }
  if (!info) {
    // sendmail's words, and behind them what is to be mended. The mail goes without AUTH.
    around_.log.write(maillog::auth_client_failed(undotted_relay(), "authinfo failed"));
    around_.log.write(maillog::remark(maillog::Priority::warning, info.error().what));
  }
  if (!info || !*info) {
    around_.log.write(maillog::auth_client(dotted_name(), "", 0));
    return smtp_->on_answer(smtp::NoAuth{});
  }
  const auto mechanisms =
      usable_mechanisms(effect.offered, options_->auth_mechanisms, **info, tls_);
  if (mechanisms.empty()) {
    std::string offered;
    for (const auto& name : effect.offered) offered += (offered.empty() ? "" : " ") + name;
    around_.log.write(maillog::auth_client_no_mechanism({}, offered));
    return give_up("Temporary AUTH failure");
  }
  sasl::ClientOptions options;
  options.server = current_.host;
  options.user = (**info).user;
  options.authid = (**info).authid;
  options.password = (**info).password;
  options.realm = (**info).realm;
  options.tls_active = tls_.active();
  options.tls_bits = tls_.cipher_bits;
  client_auth_ = std::make_unique<ClientAuth>(around_, std::move(options));
  client_auth_->start(mechanisms,
                      [this](sasl::ClientStep step) { on_auth_step(std::move(step), true); });
}

void Delivery::visit(smtp::AskClientAuthStep& effect) {
  client_auth_->step(std::move(effect.challenge),
                     [this](sasl::ClientStep step) { on_auth_step(std::move(step), false); });
}

void Delivery::on_auth_step(sasl::ClientStep step, bool first) {
  if (stage_ != Stage::talking) return;
  if (step.state == sasl::ClientStep::State::failed) {
    around_.log.write(maillog::auth_client_failed(relay(), step.reason));
    auth_failed_ = true;
    return answer(smtp::AuthGiveUp{mail::Reply{454, "4.3.0", "Temporary AUTH failure"}});
  }
  if (first) {
    auth_.mechanism = step.mechanism;
    return answer(smtp::AuthStart{step.mechanism, std::move(step.bytes)});
  }
  answer(smtp::AuthResponse{step.bytes.value_or(std::string())});
}

void Delivery::visit(smtp::ClientAuthDone& effect) {
  auth_.mechanism = effect.mechanism;
  around_.log.write(maillog::auth_client(dotted_name(), effect.mechanism, 0));
}

void Delivery::visit(smtp::ClientAuthFailed& effect) {
  auth_ = {};
  auth_failed_ = true;
  around_.log.write(maillog::auth_client_failed(relay(), "refused: " + effect.reply.line()));
}

// ---- tasks ----

void Delivery::visit(smtp::AskJob&) {
  smtp_->on_answer(smtp::NoJob{});  // yet
  seek_task();
}

void Delivery::seek_task() {
  seeking_ = true;
  look_ahead(
      [this] {
        for (const auto& address : owner_.next_addresses()) {
          (void)policy::judge_tls_recipient(access(), options_->site, address, server(), tls_);
        }
      },
      [this] { take_task(); });
}

void Delivery::take_task() {
  while (!finishing_ && jobs_done_ < most_jobs_) {
    auto task = owner_.next_task();
    if (!task) break;
    auto job = job_of(*task);
    task_ = std::move(*task);
    most_jobs_ = options_->limits_of(task_->mailer).messages;
    content_at_ = 0;
    carried_ = true;
    if (job) {
      seeking_ = false;
      return smtp_->on_job(std::move(*job));
    }
    report_refused();
    if (options_->maps_wait) return seek_later();
  }
  seeking_ = false;
  rest();
}

// Not at once: a row of tasks that may not be sent must not nest.
void Delivery::seek_later() {
  around_.loop.post([this, here = std::weak_ptr<bool>(alive_)] {
    if (here.expired() || stage_ != Stage::talking) return;
    smtp_->set_now(around_.loop.now().mono);
    seek_task();
    pump();
  });
}

// No work: idle for a while, or goodbye. Where others may want the place, nobody is idle.
void Delivery::rest() {
  const bool may_idle =
      !finishing_ && jobs_done_ < most_jobs_ && has_room(current_) && owner_.may_idle();
  if (may_idle) idle_slot_ = owner_.idle_slots().take(options_->idle_connections);
  if (!idle_slot_) {
    finishing_ = true;
    return smtp_->on_finish();
  }
  idled_ = true;
  idle_.arm_in(options_->idle_timeout);
}

void Delivery::report_refused() {
  TaskResult result;
  result.relay = relay();
  for (auto& refused : refused_) result.outcomes.push_back(std::move(*refused));
  owner_.on_result(*std::exchange(task_, std::nullopt), std::move(result));
}

// TLS_Rcpt is asked for each recipient: one that may not go fails alone.
std::optional<smtp::Job> Delivery::job_of(const Task& task) {
  const auto& message = *task.work->message;
  smtp::Job job;
  refused_.assign(task.addresses.size(), std::nullopt);
  for (std::size_t i = 0; i < task.addresses.size(); ++i) {
    const auto verdict =
        policy::judge_tls_recipient(access(), options_->site, task.addresses[i], server(), tls_);
    if (!verdict.rejected()) {
      job.recipients.push_back(task.addresses[i]);
      add_wishes(message.envelope.recipients[task.recipients[i]], job);
      continue;
    }
    around_.log.write(maillog::ruleset_reject({.queue_id = message.envelope.id,
                                               .name = "tls_rcpt",
                                               .argument = task.addresses[i],
                                               .second_argument = {},
                                               .relay = dotted_name()},
                                              verdict.reply));
    refused_[i] = refused_recipient(verdict.reply, tls_later_, current_.host);
    explain(*refused_[i]);
  }
  if (job.recipients.empty()) return std::nullopt;
  if (!job.wishes.empty()) job.wishes.resize(job.recipients.size());
  job.envelope_id = message.envelope.envelope_id;
  job.return_part = message.envelope.return_part;
  if ((job.deliver_by = message.envelope.deliver_by)) {
    auto& left = job.deliver_by->within;
    left += message.envelope.arrived - around_.loop.now().wall;
    left = std::max(left, std::chrono::seconds(-mail::kMostDeliverBy));  // as much as can be said
  }
  job.sender = task.copy->sender;
  job.size = task.copy->content->size();
  job.body = message.envelope.body;
  if (!message.envelope.auth_sender.empty()) job.auth_sender = message.envelope.auth_sender;
  return job;
}

void Delivery::visit(smtp::AskContent& effect) { supply_content(effect.wanted_bytes); }

void Delivery::supply_content(std::size_t wanted) {
  if (connection_->unsent() > kUnsentMost) {
    waiting_for_content_ = wanted;  // goes on in on_drained()
    return;
  }
  const auto& content = task_->copy->content;
  const auto here = content->in_memory();
  if (here.empty() && content->size() != 0) return supply_from_disk(content_at_, wanted);
  const auto piece = here.substr(content_at_, wanted);
  content_at_ += piece.size();
  smtp_->on_answer(smtp::ContentPart{std::string(piece), content_at_ >= here.size()});
}

void Delivery::supply_from_disk(std::uint64_t at, std::size_t wanted) {
  around_.workers.run([this, &loop = around_.loop, here = std::weak_ptr<bool>(alive_), at, wanted,
                       content = task_->copy->content]() mutable {
    auto piece = content->read(at, wanted);
    loop.post(
        [this, here = std::move(here), piece = std::move(piece), size = content->size()]() mutable {
          if (here.expired() || stage_ != Stage::talking) return;
          if (!piece || piece->empty()) {
            around_.log.write(maillog::system_error(
                task_ ? task_->work->message->envelope.id : "NOQUEUE",
                piece ? std::string("content of the message ends early") : piece.error().what));
            return answer(smtp::ContentFailed{});
          }
          content_at_ += piece->size();
          answer(smtp::ContentPart{std::move(*piece), content_at_ >= size});
        });
  });
}

void Delivery::on_drained() {
  if (stage_ != Stage::talking || !task_ || waiting_for_content_ == 0) return;
  supply_content(std::exchange(waiting_for_content_, 0));
  pump();
}

void Delivery::visit(smtp::Report& effect) {
  waiting_for_content_ = 0;
  Task task = *std::exchange(task_, std::nullopt);
  const bool may_be_stale = std::exchange(idled_, false) || jobs_done_ > 0;
  ++jobs_done_;
  if (may_be_stale && !task.returned && was_stale(effect.result)) {
    return owner_.take_back(std::move(task));
  }
  TaskResult result;
  result.relay = relay();
  result.transcript = std::move(effect.result.transcript);
  auto reported = effect.result.recipients.begin();
  const bool reports = smtp_->offers("DSN");
  const auto own = current_.lmtp ? Outcome::Reach::delivered : Outcome::Reach::relayed;
  const auto reach = reports ? Outcome::Reach::passed_on : own;
  const bool keeps_time = smtp_->offers("DELIVERBY");
  for (auto& refused : refused_) {
    if (refused) {
      result.outcomes.push_back(std::move(*refused));
    } else {
      result.outcomes.push_back(deliver::outcome_of(*reported++, current_.host));
      result.outcomes.back().reach = reach;
      result.outcomes.back().keeps_time = keeps_time;
    }
  }
  owner_.on_result(std::move(task), std::move(result));
}

void Delivery::visit(smtp::Unusable& effect) {
  // A connection that has done its work and ends says nothing about the host.
  if (carried_ || effect.phase == smtp::Phase::quit) {
    stage_ = Stage::closing;
    return;
  }
  stage_ = Stage::giving_up;
  const Outcome outcome = outcome_of(effect);
  if (falls_back()) return;
  if (effect.phase <= smtp::Phase::helo) owner_.on_unreachable(current_.address);
  note_failure(outcome);
}

// What the sender reads when TLS was not good enough: also why, and what is to be done.
void Delivery::explain(Outcome& outcome) const {
  if (tls_.cause.empty()) return;
  outcome.remedy = printable(tls_.cause) + '\n' + printable(tls_.remedy);
}

Outcome Delivery::outcome_of(const smtp::Unusable& effect) {
  const bool tls_broke = effect.phase == smtp::Phase::starttls && !effect.answered &&
                         !server_refused_ && !auth_failed_ && effect.reply.code == 454;
  if (tls_broke) {
    // The handshake failed, or there were words behind the 220. What the access map says about this
    // server decides how bad that is.
    if (tls_.verify != mail::Verify::software) tls_.verify = mail::Verify::protocol;
    const auto verdict = policy::judge_tls_server(access(), options_->site, server(), tls_, auth_);
    const auto& reply = verdict.rejected() ? verdict.reply : effect.reply;
    write_rejection("tls_server", std::string(mail::to_string(tls_.verify)), reply);
    Outcome outcome = refused_here(reply, current_.host);
    explain(outcome);
    return outcome;
  }
  Outcome outcome = deliver::outcome_of(
      smtp::RecipientResult{
          .address = {}, .answered = effect.answered, .phase = effect.phase, .reply = effect.reply},
      current_.host);
  if (server_refused_) explain(outcome);
  if (auth_failed_) {
    // Our password is no fault of the sender's: somebody will mend it.
    outcome.state = Outcome::State::deferred;
    outcome.dsn = "4.7.0";
    outcome.stat = "Deferred: " + effect.reply.line();
  }
  return outcome;
}

void Delivery::visit(smtp::ClientClose&) {
  if (stage_ == Stage::talking) stage_ = Stage::closing;
}

}  // namespace signet::deliver
