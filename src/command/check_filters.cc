// Mail filters as `signet check` sees them: does somebody answer where they should be?
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "command/check.h"
#include "signet/base/text.h"
#include "signet/loop/loop.h"
#include "signet/net/connection.h"

namespace signet::command {
namespace {

constexpr Duration kPatience = std::chrono::seconds(2);

// One attempt to connect, on a loop of its own.
class Call final : public net::ConnectionObserver {
 public:
  Call() { patience_.arm_in(kPatience); }
  // Empty: somebody is there.
  std::string to(const std::string& path) {
    connection_ = net::Connection::connect_unix(loop_, path, *this);
    return run();
  }
  std::string to(const SocketAddress& address) {
    connection_ = net::Connection::connect(loop_, address, {}, *this);
    return run();
  }

 private:
  std::string run() {
    loop_.run();
    return trouble_;
  }
  void on_connected() override {
    trouble_.clear();
    loop_.stop();
  }
  void on_end(const Error* error) override {
    trouble_ = error != nullptr ? error_text(error->system_code) : "closed";
    loop_.stop();
  }
  void on_input() override {}
  void on_drained() override {}
  void on_handshake(const mail::TlsFacts& /*facts*/) override {}
  void on_handshake_failed(const tls::Failure& /*failure*/) override {}

  loop::Loop loop_;
  std::string trouble_ = "no answer within two seconds";
  loop::Timer patience_{loop_, [this] { loop_.stop(); }};
  std::unique_ptr<net::Connection> connection_;
};

// The addresses of a filter's host.
std::vector<IpAddress> addresses_of(const conf::MailFilter& filter) {
  if (filter.address) return {*filter.address};
  addrinfo hints{};
  hints.ai_family = filter.v6 ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(filter.host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<IpAddress> all;
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      std::array<std::uint8_t, 4> bytes{};
      const auto* address = reinterpret_cast<const sockaddr_in*>(one->ai_addr);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->sin_addr), 4, bytes.begin());
      all.push_back(IpAddress::v4(bytes));
    } else if (one->ai_family == AF_INET6) {
      std::array<std::uint8_t, 16> bytes{};
      const auto* address = reinterpret_cast<const sockaddr_in6*>(one->ai_addr);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->sin6_addr), 16, bytes.begin());
      all.push_back(IpAddress::v6(bytes));
    }
  }
  return all;
}

std::string trouble_with(const conf::MailFilter& filter) {
  if (!filter.path.empty()) return Call().to(filter.path);
  std::string trouble = "the host is unknown";
  for (const auto& ip : addresses_of(filter)) {
    trouble = Call().to({ip, filter.port});
    if (trouble.empty()) break;
  }
  return trouble;
}

std::string_view what_happens(conf::MailFilter::OnFailure on_failure) {
  switch (on_failure) {
    case conf::MailFilter::OnFailure::reject:
      return "all mail is refused for good (F=R)";
    case conf::MailFilter::OnFailure::temporary:
      return "all mail is told to come later (F=T)";
    case conf::MailFilter::OnFailure::close:
      return "every session ends with 421 (F=4)";
    case conf::MailFilter::OnFailure::go_on:
      break;
  }
  return "mail passes without it";
}

}  // namespace

void check_filters(const conf::Config& config, Findings& findings) {
  std::set<std::string> used;
  for (const auto& port : config.daemon_ports) {
    const auto& names = config.filters_of(port);
    used.insert(names.begin(), names.end());
  }
  for (const auto& filter : config.mail_filters) {
    if (!used.contains(filter.name)) {
      findings.add(Level::note, "filter-unused", filter.at,
                   fmt::format("mail filter {} is not asked", filter.name),
                   "name it in confINPUT_MAIL_FILTERS, or write INPUT_MAIL_FILTER");
      continue;
    }
    std::string remedy = "start it, or correct S=";
    auto trouble = trouble_with(filter);
    if (trouble.empty() && !filter.path.empty()) {
      if (const int fault = daemon::fault_of_socket(config, filter.path); fault != 0) {
        trouble = "the engine's user may not connect: " + error_text(fault);
        remedy = "let RunAsUser into the socket's folder and write to the socket, best by a group";
      }
    }
    if (trouble.empty()) continue;
    findings.add(Level::warning, "filter-unreachable", filter.at,
                 fmt::format("mail filter {} at {}: {}; {}", filter.name, filter.socket(), trouble,
                             what_happens(filter.on_failure)),
                 remedy);
  }
}

}  // namespace signet::command
