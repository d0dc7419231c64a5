// What the unprivileged engine still needs of the parent after the start: the configuration anew
// and the private keys, at a reload. The engine asks, the parent answers; the parent hands out only
// key files that its own reading of the configuration names.
#pragma once

#include <functional>
#include <string>

#include "signet/base/result.h"
#include "signet/base/secret.h"

namespace signet::daemon {

inline constexpr std::size_t kMaxConfiguration = 16UL << 20;
inline constexpr std::size_t kMaxKey = 256UL << 10;

// Engine side; blocks: a worker, or the start.
class BrokerClient final {
 public:
  explicit BrokerClient(int socket) : socket_(socket) {}
  [[nodiscard]] Result<void> report_ready();                  // all ports are served
  [[nodiscard]] Result<std::string> configuration();          // cf text
  [[nodiscard]] Result<Secret> key(const std::string& path);  // PEM text

 private:
  Result<std::string> ask(std::string_view request, std::size_t most);
  int socket_;
};

// Parent side. Answers one request; an error: the engine is gone.
struct BrokerHandlers {
  std::function<void()> on_ready;
  std::function<Result<std::string>()> configuration;
  std::function<Result<Secret>(const std::string& path)> key;
};
[[nodiscard]] Result<void> answer_request(int socket, const BrokerHandlers& handlers);

}  // namespace signet::daemon
