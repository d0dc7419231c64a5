// One AUTH exchange of a session. The Cyrus SASL object travels to a worker for each step and back
// (STYLE §4: SASL never runs on a loop thread); here we only remember that one is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "signet/receive/receiver.h"
#include "signet/sasl/server.h"

namespace signet::receive {

class SaslExchange final {
 public:
  SaslExchange(Receiver& receiver, std::uint64_t session, sasl::ServerOptions options,
               Duration patience);
  ~SaslExchange();
  // Each leads to one Session::on_sasl_step, unless the session or the exchange is gone by then:
  // within `patience`, with a temporary failure if the worker has no answer.
  void start(std::string mechanism, std::optional<std::string> initial);
  void step(std::string response);
  void got_answer() { out_of_patience_.cancel(); }
  [[nodiscard]] const std::string& mechanism() const { return mechanism_; }
  // Tells this exchange from an earlier one of the session that was given up.
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  struct Shared;
  void run(std::move_only_function<sasl::Step(Shared&)> work);
  void give_up();

  Receiver& receiver_;
  std::uint64_t session_;
  std::uint64_t number_;
  std::string mechanism_;
  std::shared_ptr<Shared> shared_;
  const Duration patience_;
  loop::Timer out_of_patience_;
};

}  // namespace signet::receive
