#include "deliver/client_auth.h"

#include <algorithm>
#include <utility>

#include "signet/base/text.h"

namespace signet::deliver {

struct ClientAuth::Shared {
  sasl::ClientOptions options;
  std::unique_ptr<sasl::ClientExchange> exchange;
};

ClientAuth::ClientAuth(const Surroundings& around, sasl::ClientOptions options)
    : around_(around),
      shared_(std::make_shared<Shared>(Shared{std::move(options), nullptr})),
      alive_(std::make_shared<bool>(true)) {}

void ClientAuth::start(std::vector<std::string> mechanisms, Answer answer) {
  run(
      [library = around_.sasl, mechanisms = std::move(mechanisms)](Shared& shared) {
        auto made = sasl::ClientExchange::make(*library, shared.options);
        if (!made) {
          sasl::ClientStep failed;
          failed.reason = made.error().what;
          return failed;
        }
        shared.exchange = std::move(*made);
        return shared.exchange->start(mechanisms);
      },
      std::move(answer));
}

void ClientAuth::step(std::string challenge, Answer answer) {
  run([challenge =
           std::move(challenge)](Shared& shared) { return shared.exchange->step(challenge); },
      std::move(answer));
}

void ClientAuth::run(std::move_only_function<sasl::ClientStep(Shared&)> work, Answer answer) {
  around_.workers.run([&loop = around_.loop, shared = shared_, here = std::weak_ptr<bool>(alive_),
                       work = std::move(work), answer = std::move(answer)]() mutable {
    auto step = work(*shared);
    loop.post(
        [here = std::move(here), step = std::move(step), answer = std::move(answer)]() mutable {
          if (!here.expired()) answer(std::move(step));
        });
  });
}

std::vector<std::string> usable_mechanisms(const std::vector<std::string>& offered,
                                           const std::vector<std::string>& ours,
                                           const policy::AuthInfo& info,
                                           const mail::TlsFacts& tls) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::any_of(names, [&](const std::string& one) { return iequals(one, name); });
  };
  std::vector<std::string> usable;
  const auto& wanted = info.mechanisms.empty() ? ours : info.mechanisms;
  for (const auto& name : offered) {
    if (!has(wanted, name)) continue;
    const bool shows_password = iequals(name, "PLAIN") || iequals(name, "LOGIN");
    if (shows_password && !tls.active()) continue;
    usable.push_back(name);
  }
  return usable;
}

}  // namespace signet::deliver
