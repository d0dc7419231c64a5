// What a Delivery does for each effect of the protocol. See delivery.h.
#include <algorithm>
#include <utility>

#include "deliver/delivery.h"
#include "signet/base/text.h"
#include "signet/maillog/lines.h"

namespace signet::deliver {
namespace {

constexpr std::size_t kUnsentMost = 256 * 1024;  // content waits while so much is on its way

}  // namespace

void Delivery::visit(smtp::ClientSend& effect) { connection_->write(effect.bytes); }

void Delivery::visit(smtp::ClientStartTls&) {
  tls::SessionOptions options;
  if (!IpAddress::parse(current_.host) && current_.host.front() != '[') {
    options.server_name = current_.host;
  }
  options.resumption_key = current_.host + " " + current_.address.to_string();
  connection_->start_tls(options_->tls, options);
}

// STARTTLS is done, refused or not offered: may mail be sent here?
void Delivery::visit(smtp::AskServer& effect) {
  if (!tls_.active()) tls_.verify = effect.verify;
  const auto verdict = policy::judge_tls_server(access(), options_->site, server(), tls_, auth_);
  smtp::ServerDecision decision;
  if (verdict.rejected()) {
    write_rejection("tls_server", std::string(mail::to_string(tls_.verify)), verdict.reply);
    decision.refusal = verdict.reply;
  }
  smtp_->on_answer(std::move(decision));
}

// ---- AUTH ----

void Delivery::visit(smtp::AskClientAuth& effect) {
  if (around_.sasl == nullptr) return smtp_->on_answer(smtp::NoAuth{});
  auto info = policy::find_auth_info(access(), options_->authinfo.get(), current_.host,
                                     current_.address.ip);
  const auto give_up = [this](std::string_view text) {
    smtp_->on_answer(smtp::AuthGiveUp{mail::Reply{454, "4.3.0", std::string(text)}});
  };
  if (!info) return give_up("Temporary AUTH failure");
  if (!*info) {
    around_.log.write(maillog::auth_client(relay(), "", 0));
    return smtp_->on_answer(smtp::NoAuth{});
  }
  const auto mechanisms =
      usable_mechanisms(effect.offered, options_->auth_mechanisms, **info, tls_);
  if (mechanisms.empty()) {
    std::string offered;
    for (const auto& name : effect.offered) offered += (offered.empty() ? "" : " ") + name;
    around_.log.write(maillog::auth_client_no_mechanism("NOQUEUE", offered));
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
  if (over_ || !smtp_) return;
  if (step.state == sasl::ClientStep::State::failed) {
    around_.log.write(maillog::remark(maillog::Priority::warning,
                                      "AUTH=client, relay=" + relay() + ", " + step.reason));
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
  around_.log.write(maillog::auth_client(relay(), effect.mechanism, 0));
}

void Delivery::visit(smtp::ClientAuthFailed& effect) {
  auth_ = {};
  around_.log.write(
      maillog::remark(maillog::Priority::warning,
                      "AUTH=client, relay=" + relay() + ", refused: " + effect.reply.line()));
}

// ---- tasks ----

void Delivery::visit(smtp::AskJob&) {
  while (!finishing_ && jobs_done_ < options_->jobs_per_connection) {
    auto task = owner_.next_task();
    if (!task) {
      idle_.arm_in(options_->idle_timeout);
      return smtp_->on_answer(smtp::NoJob{});
    }
    if (take(std::move(*task), true)) return;
  }
  smtp_->on_answer(smtp::NoJob{});
  smtp_->on_finish();
}

// False: nothing of the task may go to this server; its result is reported.
bool Delivery::take(Task task, bool as_answer) {
  auto job = job_of(task);
  task_ = std::move(task);
  content_at_ = 0;
  if (!job) {
    TaskResult result;
    result.relay = relay();
    for (auto& refused : refused_) result.outcomes.push_back(std::move(*refused));
    owner_.on_result(*std::exchange(task_, std::nullopt), std::move(result));
    return false;
  }
  carried_ = true;
  if (as_answer) {
    smtp_->on_answer(std::move(*job));
  } else {
    smtp_->on_job(std::move(*job));
  }
  return true;
}

// TLS_Rcpt is asked for each recipient: one that may not go fails alone (SENDMAIL.md §4.3).
std::optional<smtp::Job> Delivery::job_of(Task& task) {
  const auto& message = *task.work->message;
  smtp::Job job;
  refused_.assign(task.addresses.size(), std::nullopt);
  for (std::size_t i = 0; i < task.addresses.size(); ++i) {
    const auto verdict =
        policy::judge_tls_recipient(access(), options_->site, task.addresses[i], server(), tls_);
    if (!verdict.rejected()) {
      job.recipients.push_back(task.addresses[i]);
      continue;
    }
    around_.log.write(maillog::ruleset_reject({.queue_id = message.envelope.id,
                                               .name = "tls_rcpt",
                                               .argument = mail::in_brackets(task.addresses[i]),
                                               .second_argument = {},
                                               .relay = current_.host},
                                              verdict.reply));
    refused_[i] = refused_recipient(verdict.reply, current_.host);
  }
  if (job.recipients.empty()) return std::nullopt;
  job.sender = message.envelope.sender;
  job.size = message.content->size();
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
  const auto& content = task_->work->message->content;
  const auto here = content->in_memory();
  if (here.empty() && content->size() != 0) return supply_from_disk(content_at_, wanted);
  const auto piece = here.substr(content_at_, wanted);
  content_at_ += piece.size();
  smtp_->on_answer(smtp::ContentPart{std::string(piece), content_at_ >= here.size()});
}

void Delivery::supply_from_disk(std::uint64_t at, std::size_t wanted) {
  around_.workers.run([this, &loop = around_.loop, here = std::weak_ptr<bool>(alive_), at, wanted,
                       content = task_->work->message->content]() mutable {
    auto piece = content->read(at, wanted);
    loop.post(
        [this, here = std::move(here), piece = std::move(piece), size = content->size()]() mutable {
          if (here.expired() || over_ || !smtp_) return;
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
  if (!smtp_ || !task_ || waiting_for_content_ == 0) return;
  supply_content(std::exchange(waiting_for_content_, 0));
  pump();
}

void Delivery::visit(smtp::Report& effect) {
  ++jobs_done_;
  TaskResult result;
  result.relay = relay();
  result.transcript = std::move(effect.result.transcript);
  auto reported = effect.result.recipients.begin();
  for (auto& refused : refused_) {
    if (refused) {
      result.outcomes.push_back(std::move(*refused));
    } else {
      result.outcomes.push_back(outcome_of(*reported++, current_.host));
    }
  }
  owner_.on_result(*std::exchange(task_, std::nullopt), std::move(result));
}

void Delivery::visit(smtp::Unusable& effect) {
  // A connection that has done its work and ends says nothing about the host.
  if (carried_ || effect.phase == smtp::Phase::quit) {
    closing_ = true;
    return;
  }
  const smtp::RecipientResult as_result{
      .address = {}, .answered = effect.answered, .phase = effect.phase, .reply = effect.reply};
  give_up_host(outcome_of(as_result, current_.host));
}

void Delivery::visit(smtp::ClientClose&) {
  closing_ = true;
  if (connection_) connection_->close(Duration(0));
}

}  // namespace signet::deliver
