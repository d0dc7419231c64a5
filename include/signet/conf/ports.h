// DAEMON_OPTIONS and CLIENT_OPTIONS as values. In a key only the first letter
// counts, and for D, F, R, S its case.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::conf {

enum class Family { unspecified, inet, inet6 };

// What a port does differently, one enumerator a letter of M= (Modify).
enum class Modifier : char {
  require_auth = 'a',
  bind_same_interface = 'b',
  canonify = 'c',
  require_qualified_sender = 'f',
  helo_from_interface = 'h',
  require_qualified_recipient = 'r',
  implicit_tls = 's',
  allow_unqualified = 'u',
  no_auth = 'A',
  no_canonify = 'C',
  no_etrn = 'E',
  optional = 'O',  // failure to bind is no error
  no_starttls = 'S',
};

struct DaemonPort {
  std::string name;     // Name=; "Daemon0" and so on when absent
  std::string address;  // Addr=, host name or address; empty: every interface
  Family family = Family::unspecified;
  std::uint16_t port = 25;        // 0: the kernel picks one
  std::string modifiers;          // letters of Modifier
  int backlog = 0;                // Listen=; 0: our default
  std::uint32_t children = 0;     // most sessions at once; 0: MaxDaemonChildren
  std::uint32_t send_buffer = 0;  // bytes; 0: the kernel's
  std::uint32_t receive_buffer = 0;
  char delivery_mode = 0;  // letter as in DeliveryMode; 0: that of the option
  std::optional<std::vector<std::string>> filters;  // InputMailFilters=; empty: those of the option

  [[nodiscard]] bool has(Modifier modifier) const {
    return modifiers.find(static_cast<char>(modifier)) != std::string::npos;
  }
  bool operator==(const DaemonPort&) const = default;
};

struct ClientPort {
  std::string address;  // local address to call from
  Family family = Family::unspecified;
  std::uint16_t port = 0;
  std::string modifiers;  // A S; h has no effect

  [[nodiscard]] bool has(Modifier modifier) const {
    return modifiers.find(static_cast<char>(modifier)) != std::string::npos;
  }
  std::uint32_t send_buffer = 0;
  std::uint32_t receive_buffer = 0;
  bool operator==(const ClientPort&) const = default;
};

// Text behind `O DaemonPortOptions=`. The error says what is wrong; `remarks` collects what is
// accepted without effect.
[[nodiscard]] std::expected<DaemonPort, std::string> parse_daemon_port(
    std::string_view text, std::vector<std::string>& remarks);
[[nodiscard]] std::expected<ClientPort, std::string> parse_client_port(
    std::string_view text, std::vector<std::string>& remarks);

}  // namespace signet::conf
