// What the unprivileged engine still needs of the parent after the start: the configuration anew,
// private keys, maps that were rebuilt, the log after its rotation. The engine asks, the parent
// answers; it hands out only what its own reading of the configuration names.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "signet/base/open_file.h"
#include "signet/base/result.h"
#include "signet/base/secret.h"

namespace signet::daemon {

inline constexpr std::size_t kMaxConfiguration = 16UL << 20;
inline constexpr std::size_t kMaxKey = 256UL << 10;

// Engine side; blocks. From any thread; copies ask in turn.
class BrokerClient final {
 public:
  explicit BrokerClient(int socket) : socket_(socket) {}
  [[nodiscard]] Result<void> report_ready();                  // all ports are served
  [[nodiscard]] Result<std::string> configuration();          // cf text
  [[nodiscard]] Result<void> report_taken();                  // it is what we live by now
  [[nodiscard]] Result<Secret> key(const std::string& path);  // PEM text
  [[nodiscard]] Result<Fd> map(const std::string& path);      // open to read
  [[nodiscard]] Result<Fd> log(const std::string& path);      // open to append

 private:
  Result<std::string> ask(std::string_view request, std::size_t most);
  Result<void> report(char what);
  Result<Fd> ask_for_file(std::string_view request);
  int socket_;
  std::shared_ptr<std::mutex> turn_ = std::make_shared<std::mutex>();  // of all copies
};

// Parent side. Answers one request; an error: the engine is gone.
struct BrokerHandlers {
  std::function<void()> on_ready;
  std::function<void()> on_taken;
  std::function<Result<std::string>()> configuration;
  std::function<Result<Secret>(const std::string& path)> key;
  OpenFile map;
  OpenFile log;
};
[[nodiscard]] Result<void> answer_request(int socket, const BrokerHandlers& handlers);

}  // namespace signet::daemon
