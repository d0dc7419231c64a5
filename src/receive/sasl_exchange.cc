#include "receive/sasl_exchange.h"

#include <utility>

#include "receive/session.h"

namespace signet::receive {
namespace {

constexpr int kUnavailable = -24;  // SASL_UNAVAIL, for the log

}  // namespace

// Used by one worker at a time: the session asks one step, then waits.
struct SaslExchange::Shared {
  sasl::ServerOptions options;
  std::unique_ptr<sasl::ServerExchange> exchange;
};

SaslExchange::SaslExchange(Receiver& receiver, std::uint64_t session, sasl::ServerOptions options,
                           Duration patience)
    : receiver_(receiver),
      session_(session),
      number_(++receiver.next_id_),
      shared_(std::make_shared<Shared>(Shared{std::move(options), nullptr})),
      patience_(patience),
      out_of_patience_(receiver.surroundings_.loop, [this] { give_up(); }) {}

// sasl_dispose may block no longer than a step: it happens where the last user is.
SaslExchange::~SaslExchange() = default;

void SaslExchange::start(std::string mechanism, std::optional<std::string> initial) {
  mechanism_ = mechanism;
  sasl::Library* library = receiver_.surroundings_.sasl;
  run([library, mechanism = std::move(mechanism),
       initial = std::move(initial)](Shared& shared) -> sasl::Step {
    auto made = sasl::ServerExchange::make(*library, shared.options);
    if (!made) {
      sasl::Step failed;
      failed.state = sasl::Step::State::temporary;
      failed.reason = made.error().what;
      return failed;
    }
    shared.exchange = std::move(*made);
    std::optional<std::string_view> first;
    if (initial) first = *initial;
    return shared.exchange->start(mechanism, first);
  });
}

void SaslExchange::step(std::string response) {
  run([response = std::move(response)](Shared& shared) { return shared.exchange->step(response); });
}

void SaslExchange::run(std::move_only_function<sasl::Step(Shared&)> work) {
  out_of_patience_.arm_in(patience_);
  auto& loop = receiver_.surroundings_.loop;
  receiver_.surroundings_.auth_workers.run(
      [&loop, receiver = &receiver_, here = std::weak_ptr<bool>(receiver_.alive_),
       session = session_, number = number_, shared = shared_, work = std::move(work)]() mutable {
        if (shared.use_count() == 1) return;  // given up before its turn came
        auto step = work(*shared);
        loop.post([receiver, here = std::move(here), session, number, step = std::move(step)] {
          if (here.expired()) return;
          Session* owner = receiver->find(session);
          if (owner != nullptr) owner->on_sasl_step(number, step);
        });
      });
}

// The worker goes on; its answer finds another exchange or none.
void SaslExchange::give_up() {
  sasl::Step failed;
  failed.state = sasl::Step::State::temporary;
  failed.sasl_code = kUnavailable;
  failed.reason = "no answer in time";
  // Last: the session is done with us.
  if (Session* owner = receiver_.find(session_)) owner->on_sasl_step(number_, failed);
}

}  // namespace signet::receive
