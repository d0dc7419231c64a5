#include "daemon/broker.h"

#include "signet/base/frames.h"

namespace signet::daemon {
namespace {

constexpr std::size_t kMaxRequest = 4096;

// A request is a letter and its argument; an answer is '+' or '-' and text.
constexpr char kReady = 'R';
constexpr char kTaken = 'T';
constexpr char kConfiguration = 'C';
constexpr char kKey = 'K';
constexpr char kMap = 'M';
constexpr char kLog = 'L';

}  // namespace

Result<std::string> BrokerClient::ask(std::string_view request, std::size_t most) {
  if (auto sent = send_frame(socket_, request); !sent) {
    return std::unexpected(std::move(sent).error());
  }
  auto answer = receive_frame(socket_, most + 1);
  if (!answer) return answer;
  if (answer->empty()) return temporary("empty answer of the parent");
  const bool good = answer->front() == '+';
  answer->erase(0, 1);
  if (!good) return permanent(*answer);
  return answer;
}

// A '+' is followed by the descriptor.
Result<Fd> BrokerClient::ask_for_file(std::string_view request) {
  const std::scoped_lock turn(*turn_);
  if (auto answer = ask(request, kMaxRequest); !answer) return std::unexpected(answer.error());
  return receive_file(socket_);
}

Result<Fd> BrokerClient::map(const std::string& path) { return ask_for_file(kMap + path); }
Result<Fd> BrokerClient::log(const std::string& path) { return ask_for_file(kLog + path); }

Result<void> BrokerClient::report(char what) {
  const std::scoped_lock turn(*turn_);
  auto answer = ask(std::string(1, what), 0);
  if (!answer) return std::unexpected(std::move(answer).error());
  return {};
}

Result<void> BrokerClient::report_ready() { return report(kReady); }
Result<void> BrokerClient::report_taken() { return report(kTaken); }

Result<std::string> BrokerClient::configuration() {
  const std::scoped_lock turn(*turn_);
  return ask(std::string(1, kConfiguration), kMaxConfiguration);
}

Result<Secret> BrokerClient::key(const std::string& path) {
  const std::scoped_lock turn(*turn_);
  auto answer = ask(kKey + path, kMaxKey);
  if (!answer) return std::unexpected(std::move(answer).error());
  return Secret(std::move(*answer));
}

Result<void> answer_request(int socket, const BrokerHandlers& handlers) {
  const auto request = receive_frame(socket, kMaxRequest);
  if (!request) return std::unexpected(request.error());
  const char kind = request->empty() ? '\0' : request->front();
  if (kind == kReady || kind == kTaken) {
    (kind == kReady ? handlers.on_ready : handlers.on_taken)();
    return send_frame(socket, "+");
  }
  if (kind == kConfiguration) {
    const auto text = handlers.configuration();
    return send_frame(socket, text ? "+" + *text : "-" + text.error().what);
  }
  if (kind == kKey) {
    const auto key = handlers.key(request->substr(1));
    if (!key) return send_frame(socket, "-" + key.error().what);
    std::string answer = "+";
    answer += key->reveal();
    Secret wiped(std::move(answer));
    return send_frame(socket, wiped.reveal());
  }
  if (kind == kMap || kind == kLog) {
    const auto file = (kind == kMap ? handlers.map : handlers.log)(request->substr(1));
    if (!file) return send_frame(socket, "-" + file.error().what);
    if (auto sent = send_frame(socket, "+"); !sent) return sent;
    return send_file(socket, *file);
  }
  return send_frame(socket, "-unknown request");
}

}  // namespace signet::daemon
