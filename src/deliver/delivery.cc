#include "deliver/delivery.h"

#include <utility>

#include "signet/maillog/lines.h"

namespace signet::deliver {

Delivery::Delivery(const Surroundings& around, std::shared_ptr<const Options> options,
                   DeliveryOwner& owner, std::vector<policy::NextHop> hops, std::uint32_t random)
    : around_(around),
      options_(std::move(options)),
      owner_(owner),
      search_(around.resolver, std::move(hops), options_->site.local_domains, random),
      deadline_(around.loop,
                [this] {
                  if (!smtp_) {  // connecting
                    const Error late{ErrorKind::temporary, "connecting", ETIMEDOUT};
                    return on_end(&late);
                  }
                  smtp_->on_time(around_.loop.now().mono);
                  pump();
                }),
      idle_(around.loop, [this] { finish(); }) {}

Delivery::~Delivery() = default;

void Delivery::begin() { try_next(); }

// ---- finding a host ----

void Delivery::try_next() {
  search_.next([this](HostSearch::Next next) {
    if (auto* candidate = std::get_if<Candidate>(&next)) {
      if (!owner_.avoids(candidate->address)) return connect(std::move(*candidate));
      // One that did not answer just now is tried again only if there is nobody else.
      if (!postponed_) postponed_ = std::move(*candidate);
      return try_next();
    }
    if (postponed_) return connect(*std::exchange(postponed_, std::nullopt));
    over(failure_ ? *failure_ : std::get<Outcome>(next));
  });
}

void Delivery::connect(Candidate candidate) {
  current_ = std::move(candidate);
  tls_ = {};
  auth_ = {};
  handshake_failed_ = false;
  closing_ = false;
  const auto timeout = options_->connect_timeout;
  if (timeout.count() > 0) deadline_.arm_in(timeout);
  connection_ = net::Connection::connect(around_.loop, current_.address, std::nullopt, *this);
}

std::string Delivery::relay() const {
  if (current_.host.empty()) return {};
  if (current_.host.front() == '[') return current_.host + " " + current_.host;
  return current_.host + ". [" + current_.address.ip.to_mail_string() + "]";
}

void Delivery::on_connected() { open_session(); }

void Delivery::open_session() {
  deadline_.cancel();
  auto session = std::make_shared<smtp::ClientOptions>(*options_->session);
  session->tls = tls_use_;
  if (tls_use_ == smtp::TlsUse::when_offered && (!options_->tls || !may_try_tls())) {
    session->tls = smtp::TlsUse::never;
  }
  smtp_.emplace(std::move(session), around_.loop.now().mono);
  pump();
}

bool Delivery::may_try_tls() {
  const auto verdict = policy::judge_try_tls(access(), options_->site, server());
  if (verdict.rejected()) write_rejection("try_tls", current_.host, verdict.reply);
  return !verdict.rejected();
}

void Delivery::write_rejection(std::string_view ruleset, std::string argument,
                               const mail::Reply& reply) {
  around_.log.write(maillog::ruleset_reject({.queue_id = {},
                                             .name = std::string(ruleset),
                                             .argument = std::move(argument),
                                             .second_argument = {},
                                             .relay = current_.host},
                                            reply));
}

// ---- the course of a connection ----

// Feeds input and visits effects until the session waits for somebody.
void Delivery::pump() {
  if (pumping_ || over_ || !smtp_) return;
  pumping_ = true;
  smtp_->set_now(around_.loop.now().mono);
  for (bool progress = true; progress;) {
    const std::string_view input = connection_ ? connection_->input() : std::string_view();
    const std::size_t used = input.empty() ? 0 : smtp_->on_bytes(input);
    if (used != 0) connection_->consume(used);
    progress = used != 0;
    while (auto effect = smtp_->next_effect()) {
      std::visit([this](auto& one) { visit(one); }, *effect);
      progress = true;
    }
  }
  pumping_ = false;
  if (leaving_) return leave_host();
  rearm();
}

void Delivery::rearm() {
  if (const auto when = smtp_->deadline()) {
    deadline_.arm_at(*when);
  } else {
    deadline_.cancel();
  }
}

void Delivery::answer(smtp::ClientAnswer answer) {
  smtp_->set_now(around_.loop.now().mono);
  smtp_->on_answer(std::move(answer));
  pump();
}

void Delivery::on_handshake(const mail::TlsFacts& facts) {
  tls_ = facts;
  const std::string name = current_.host.front() == '[' ? current_.host : current_.host + ".";
  around_.log.write(maillog::starttls(maillog::Side::client, name, tls_));
  around_.log.write(maillog::starttls_certificate(maillog::Side::client, tls_));
  smtp_->set_now(around_.loop.now().mono);
  if (connection_->discarded() > 0) {
    // Somebody put words behind the 220, for us to take as said under TLS (RFC 3207 §6).
    around_.log.write(maillog::starttls_error(
        maillog::Side::client, "plaintext behind the 220 to STARTTLS from " + relay()));
    tls_.verify = mail::Verify::protocol;
    smtp_->on_tls_failed("plaintext behind 220");
  } else {
    smtp_->on_tls_started(tls_);
  }
  pump();
}

void Delivery::on_handshake_failed(const tls::Failure& failure) {
  around_.log.write(maillog::starttls_failed(maillog::Side::client, current_.host, failure.reason,
                                             failure.ssl_error, failure.queue));
  handshake_failed_ = true;
  tls_.verify = mail::Verify::software;
  const auto verdict = policy::judge_tls_server(access(), options_->site, server(), tls_, auth_);
  if (verdict.rejected() && !options_->fall_back_to_clear) {
    write_rejection("tls_server", std::string(mail::to_string(tls_.verify)), verdict.reply);
  }
  smtp_->on_tls_failed(failure.reason);
  pump();
}

void Delivery::on_end(const Error* error) {
  if (over_) return;
  deadline_.cancel();
  if (!smtp_) {
    owner_.on_unreachable(current_.address);
    const Error closed{ErrorKind::temporary, "connecting", ECONNRESET};
    leaving_with_ = no_connection(error != nullptr ? *error : closed, current_.host);
    leaving_ = true;
    return leave_host();
  }
  if (closing_) {
    // Our QUIT, or a host that was given up: all is said.
    return over(std::nullopt);
  }
  smtp_->on_end(error != nullptr ? error->what : "connection closed");
  pump();
}

// The host is of no use; what it said counts if no other does better. Ends when the effects are
// through.
void Delivery::give_up_host(Outcome outcome) {
  leaving_ = true;
  leaving_with_ = std::move(outcome);
}

void Delivery::leave_host() {
  leaving_ = false;
  const Outcome outcome = *std::exchange(leaving_with_, std::nullopt);
  deadline_.cancel();
  idle_.cancel();
  client_auth_.reset();
  smtp_.reset();
  if (connection_) {
    connection_->close(Duration(0));
    around_.loop.dispose(std::move(connection_));
  }
  if (handshake_failed_ && options_->fall_back_to_clear && tls_use_ != smtp::TlsUse::clear_retry) {
    tls_use_ = smtp::TlsUse::clear_retry;  // TLSFallbacktoClear: the same host once more
    return connect(current_);
  }
  tls_use_ = smtp::TlsUse::when_offered;
  // A doubt weighs more than a refusal: another attempt may do what this one could not.
  if (!failure_ || !outcome.final() || failure_->final()) {
    failure_ = outcome;
    failed_relay_ = relay();
  }
  if (finishing_) return over(failure_);
  try_next();
}

// Last: the owner may destroy us.
void Delivery::over(std::optional<Outcome> failure) {
  if (std::exchange(over_, true)) return;
  deadline_.cancel();
  idle_.cancel();
  owner_.on_over(*this, std::move(failure), failed_relay_.empty() ? relay() : failed_relay_);
}

void Delivery::offer_work() {
  if (!idle() || finishing_) return;
  auto task = owner_.next_task();
  if (!task) return;
  idle_.cancel();
  smtp_->set_now(around_.loop.now().mono);
  take(std::move(*task), false);
  pump();
}

void Delivery::finish() {
  finishing_ = true;
  idle_.cancel();
  if (!smtp_) return;  // connecting: it takes no task and ends when it stands or fails
  smtp_->set_now(around_.loop.now().mono);
  smtp_->on_finish();
  pump();
}

}  // namespace signet::deliver
