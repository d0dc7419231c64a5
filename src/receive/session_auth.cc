// AUTH as a Session does it (RFC 4954): steps go to a worker, facts come back. See session.h.
#include <utility>

#include "receive/session.h"
#include "signet/base/text.h"
#include "signet/maillog/lines.h"

namespace signet::receive {

void Session::visit(smtp::AskAuth& effect) {
  sasl::ServerOptions options = options_->sasl;
  options.tls_active = tls_.active();
  options.tls_bits = tls_.cipher_bits;
  if (tls_.verify == mail::Verify::ok) options.external_id = tls_.cert_subject;
  options.local_address = peer_.local.ip.to_string() + ";" + std::to_string(peer_.local.port);
  options.remote_address = peer_.remote.ip.to_string() + ";" + std::to_string(peer_.remote.port);
  exchange_ =
      std::make_unique<SaslExchange>(receiver_, id_, std::move(options), options_->auth_patience);
  exchange_->start(std::move(effect.mechanism), std::move(effect.initial));
}

void Session::visit(smtp::AskAuthStep& effect) { exchange_->step(std::move(effect.response)); }

void Session::visit(smtp::CancelAuth&) { exchange_.reset(); }

void Session::on_sasl_step(std::uint64_t exchange, const sasl::Step& step) {
  if (over_ || !exchange_ || exchange_->number() != exchange) return;
  using State = sasl::Step::State;
  exchange_->got_answer();
  if (step.state == State::challenge) return answer(smtp::Challenge{step.bytes});
  const std::string mechanism = to_upper(exchange_->mechanism());
  receiver_.surroundings_.loop.dispose(std::move(exchange_));
  auto& log = receiver_.surroundings_.log;
  if (step.state == State::done) {
    auth_ = {mechanism, step.user, step.author, step.bits};
    log.write(maillog::auth_server(peer_.relay(), auth_));
    return answer(smtp::Authenticated{});
  }
  log.write(maillog::auth_failure(transaction_id(), mechanism, step.sasl_code, step.reason,
                                  step.user_tried, peer_.relay()));
  switch (step.state) {
    case State::temporary:
      return answer(smtp::AuthRefused{{454, "4.7.0", "Temporary authentication failure"}});
    case State::no_mechanism:
      return answer(
          smtp::AuthRefused{{504, "5.3.3", "AUTH mechanism " + mechanism + " not available"}});
    default:
      return answer(smtp::AuthRefused{{535, "5.7.0", "authentication failed"}});
  }
}

}  // namespace signet::receive
