#include "signet/conf/ports.h"

#include <netdb.h>

#include <fmt/format.h>

#include "conf/value.h"
#include "signet/base/text.h"
#include "signet/conf/mail_filters.h"

namespace signet::conf {
namespace {

struct Pair {
  char key = 0;  // the first letter says which, and for some its case
  std::string_view name;
  std::string_view value;
};

// "Port=smtp, Name=MTA": pairs between commas.
std::expected<std::vector<Pair>, std::string> pairs_of(std::string_view text) {
  std::vector<Pair> pairs;
  for (const auto piece : split(text, ',')) {
    const auto pair = trim(piece);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) {
      return std::unexpected(fmt::format("\"{}\" is not NAME=VALUE", printable(pair)));
    }
    const auto name = trim(pair.substr(0, equals));
    if (name.empty()) return std::unexpected("a value without a name");
    pairs.push_back({name.front(), name, trim(pair.substr(equals + 1))});
  }
  return pairs;
}

std::expected<Family, std::string> parse_family(std::string_view text) {
  if (iequals(text, "inet")) return Family::inet;
  if (iequals(text, "inet6")) return Family::inet6;
  return std::unexpected(fmt::format("Family={}: inet or inet6", printable(text)));
}

std::expected<std::uint32_t, std::string> parse_count(const Pair& pair) {
  const auto number = parse_number(pair.value);
  if (!number || *number > 0x7fffffff) {
    return std::unexpected(fmt::format("{}={} is no number", pair.name, printable(pair.value)));
  }
  return static_cast<std::uint32_t>(*number);
}

std::expected<std::string, std::string> parse_modifiers(std::string_view text,
                                                        std::string_view known,
                                                        std::string_view without_effect,
                                                        std::vector<std::string>& remarks) {
  std::string letters;
  for (const char c : text) {
    if (c == ' ' || c == '\t') continue;
    if (known.find(c) == std::string_view::npos) {
      return std::unexpected(fmt::format("unknown modifier M={}", printable({&c, 1})));
    }
    if (without_effect.find(c) != std::string_view::npos) {
      remarks.push_back(fmt::format("modifier M={} has no effect yet", c));
    }
    letters += c;
  }
  return letters;
}

// Stores a parsed part, or gives what is wrong.
template <class T, class U>
std::optional<std::string> take(std::expected<T, std::string> parsed, U& to) {
  if (!parsed) return parsed.error();
  if constexpr (std::is_arithmetic_v<U>) {
    to = static_cast<U>(*parsed);  // parse_count() bounds it
  } else {
    to = std::move(*parsed);
  }
  return std::nullopt;
}

std::optional<std::string> set(DaemonPort& port, const Pair& pair,
                               std::vector<std::string>& remarks) {
  switch (pair.key) {
    case 'N':
    case 'n':
      port.name = pair.value;
      return std::nullopt;
    case 'A':
    case 'a':
      port.address = pair.value;
      return std::nullopt;
    case 'P':
    case 'p':
      return take(parse_port(pair.value), port.port);
    case 'F':
    case 'f':
      return take(parse_family(pair.value), port.family);
    case 'M':
    case 'm':
      return take(parse_modifiers(pair.value, "abcfhrsuACEOS", "bcfhru", remarks), port.modifiers);
    case 'L':
    case 'l':
      return take(parse_count(pair), port.backlog);
    case 'C':
    case 'c':
      remarks.push_back("children= has no effect yet: MaxDaemonChildren counts all sessions");
      return take(parse_count(pair), port.children);
    case 'S':
    case 's':
      remarks.push_back("SndBufSize= has no effect yet");
      return take(parse_count(pair), port.send_buffer);
    case 'R':
      remarks.push_back("RcvBufSize= has no effect yet");
      return take(parse_count(pair), port.receive_buffer);
    case 'D':
      remarks.push_back("DeliveryMode= of a port has no effect yet");
      port.delivery_mode = pair.value.empty() ? '\0' : to_lower(pair.value.front());
      return std::nullopt;
    case 'd':
    case 'q':
    case 'r':
      remarks.push_back(fmt::format("{}= has no effect yet", pair.name));
      return std::nullopt;
    case 'I':
    case 'i':
      port.filters = parse_filter_names(pair.value);
      return std::nullopt;
    default:
      return fmt::format("unknown key {}", printable(pair.name));
  }
}

std::optional<std::string> set(ClientPort& port, const Pair& pair,
                               std::vector<std::string>& remarks) {
  switch (to_lower(pair.key)) {
    case 'a':
      port.address = pair.value;
      return std::nullopt;
    case 'p':
      remarks.push_back("Port= of a client has no effect: the kernel picks one");
      return take(parse_port(pair.value), port.port);
    case 'f':
      return take(parse_family(pair.value), port.family);
    case 'm':
      return take(parse_modifiers(pair.value, "hAS", "h", remarks), port.modifiers);
    case 's':
    case 'r':
      return take(parse_count(pair),
                  to_lower(pair.key) == 's' ? port.send_buffer : port.receive_buffer);
    case 'n':
      return std::nullopt;  // only a name
    default:
      return fmt::format("unknown key {}", printable(pair.name));
  }
}

template <class Port>
std::expected<Port, std::string> parse(std::string_view text, std::vector<std::string>& remarks) {
  const auto pairs = pairs_of(text);
  if (!pairs) return std::unexpected(pairs.error());
  Port port;
  for (const auto& pair : *pairs) {
    if (auto problem = set(port, pair, remarks)) return std::unexpected(*problem);
  }
  return port;
}

}  // namespace

std::expected<std::uint16_t, std::string> parse_port(std::string_view text) {
  if (const auto number = parse_number(text)) {
    if (*number > 65535) return std::unexpected(fmt::format("Port={} is too large", *number));
    return static_cast<std::uint16_t>(*number);
  }
  struct Known {
    std::string_view name;
    std::uint16_t port;
  };
  // Also where the system has no /etc/services.
  for (const auto known : {Known{"smtp", 25}, Known{"submission", 587}, Known{"smtps", 465},
                           Known{"submissions", 465}, Known{"msa", 587}}) {
    if (iequals(text, known.name)) return known.port;
  }
  servent entry{};
  servent* found = nullptr;
  std::string buffer(2048, '\0');
  getservbyname_r(std::string(text).c_str(), "tcp", &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return std::unexpected(fmt::format("Port={} is unknown", printable(text)));
  return static_cast<std::uint16_t>(((found->s_port & 0xff) << 8) | ((found->s_port >> 8) & 0xff));
}

std::expected<DaemonPort, std::string> parse_daemon_port(std::string_view text,
                                                         std::vector<std::string>& remarks) {
  return parse<DaemonPort>(text, remarks);
}

std::expected<ClientPort, std::string> parse_client_port(std::string_view text,
                                                         std::vector<std::string>& remarks) {
  return parse<ClientPort>(text, remarks);
}

}  // namespace signet::conf
