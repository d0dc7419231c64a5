#include "daemon/names.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "signet/base/text.h"
#include "signet/conf/macros.h"
#include "signet/mail/header.h"

namespace signet::daemon {
namespace {

std::string system_name() {
  std::array<char, 256> buffer{};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0') return "localhost";
  std::string name(buffer.data());
  if (name.find('.') != std::string::npos) return name;
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) == 0) {
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    if (found->ai_canonname != nullptr && std::string_view(found->ai_canonname).contains('.')) {
      name = found->ai_canonname;
    }
  }
  return name;
}

std::vector<std::string> interface_addresses() {
  std::vector<std::string> texts;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return texts;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, &freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      std::array<std::uint8_t, 4> bytes{};
      const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->sin_addr), 4, bytes.begin());
      texts.push_back("[" + IpAddress::v4(bytes).to_mail_string() + "]");
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      std::array<std::uint8_t, 16> bytes{};
      const auto* address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&address->sin6_addr), 16, bytes.begin());
      texts.push_back("[" + to_lower(IpAddress::v6(bytes).to_mail_string()) + "]");
    }
  }
  return texts;
}

}  // namespace

Names make_names(const conf::Config& config) {
  Names names;
  const std::string system = system_name();
  const auto cut = [](std::string_view whole) { return whole.substr(0, whole.find('.')); };
  names.version = "Signet-" SIGNET_VERSION;
  names.cf_version = config.macro("Z").empty() ? names.version : config.macro("Z");
  const std::string as_configured = config.host();
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "w") return std::string(cut(system));
    if (name == "m") {
      const auto dot = system.find('.');
      return dot == std::string::npos ? std::string() : system.substr(dot + 1);
    }
    if (name == "j") return system;
    if (const auto text = config.macro(name); !text.empty()) return text;
    return std::nullopt;
  };
  names.host = as_configured.empty() ? system : conf::expand(as_configured, lookup);
  if (names.host.empty()) names.host = system;
  names.nick = cut(names.host);
  const auto dot = names.host.find('.');
  if (dot != std::string::npos) names.domain = names.host.substr(dot + 1);
  names.addresses = interface_addresses();
  return names;
}

std::optional<std::string> site_macro(const conf::Config& config, const Names& names,
                                      std::string_view name) {
  if (name == "j") return names.host;
  if (name == "w") return names.nick;
  if (name == "m") return names.domain;
  if (name == "v") return names.version;
  if (name == "Z") return names.cf_version;
  if (name == "n" && config.macro("n").empty()) return "MAILER-DAEMON";
  if (auto text = config.macro(name); !text.empty()) return text;
  return std::nullopt;
}

std::string mailer_address(const conf::Config& config, const std::string& host) {
  const std::string given = config.macro("n");
  const std::string name = given.empty() ? "MAILER-DAEMON" : given;
  return name.find('@') != std::string::npos ? name : name + "@" + host;
}

std::string expand_names(const conf::Config& config, const Names& names, std::string_view text) {
  return conf::expand(text,
                      [&](std::string_view macro) { return site_macro(config, names, macro); });
}

std::string greeting_text(const conf::Config& config, const Names& names,
                          const mail::PeerFacts& peer, WallTime now) {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "b") return mail::rfc5322_date(now);
    if (name == "_") return peer.relay();
    if (name == "client_name") return peer.name;
    if (name == "client_addr") return peer.address();
    if (name == "daemon_name") return peer.daemon;
    return site_macro(config, names, name);
  };
  const std::string text = conf::expand(config.greeting, lookup);
  // The word says that EHLO works (RFC 5321 §4.3.1); sendmail puts it there itself.
  const auto first = text.find(' ');
  if (first == std::string::npos) return text + " ESMTP";
  return text.substr(0, first) + " ESMTP" + text.substr(first);
}

}  // namespace signet::daemon
