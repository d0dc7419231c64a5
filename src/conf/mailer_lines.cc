#include "conf/mailer_lines.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

// M=, m= and r=. Empty: done, or another part.
std::optional<std::string> take_limit(Mailer& mailer, std::string_view part) {
  std::uint64_t* to = nullptr;
  if (part.starts_with("M=")) to = &mailer.max_bytes;
  if (part.starts_with("m=")) to = &mailer.max_messages;
  if (part.starts_with("r=")) to = &mailer.max_recipients;
  if (to == nullptr) return std::nullopt;
  const auto number = parse_number(trim(part.substr(2)));
  if (!number) return printable(part) + " is no number";
  *to = *number;
  return std::nullopt;
}

// Mailers of other hosts, each of which is the next hop's own.
bool is_for_next_hops(std::string_view mailer) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"smtp", "esmtp", "smtp8", "dsmtp", "relay"});
  return std::ranges::find(kNames, mailer) != kNames.end();
}

// "TCP $h PORT" has a port; IPC is the old word for TCP. Empty: done, or none.
std::optional<std::string> take_port(Mailer& mailer, std::string_view text) {
  const auto arguments = words(text);
  if (arguments.size() < 2 || (arguments[0] != "TCP" && arguments[0] != "IPC")) return std::nullopt;
  if (arguments[1] != "$h" && is_for_next_hops(mailer.name)) {
    return fmt::format(
        "{} names a host: write $h instead, and the host into SMART_HOST or mailertable",
        printable(fmt::format("{}", fmt::join(arguments, " "))));
  }
  if (arguments.size() < 3 || arguments[1] != "$h") return std::nullopt;
  const auto port = parse_number(arguments[2]);
  if (!port || *port == 0 || *port > 65535) return printable(arguments[2]) + " is no port";
  mailer.port = static_cast<std::uint16_t>(*port);
  return std::nullopt;
}

}  // namespace

std::expected<Mailer, std::string> parse_mailer_line(std::string_view text) {
  const auto parts = split(text, ',');
  Mailer mailer;
  mailer.name = trim(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto part = trim(parts[i]);
    auto problem = take_limit(mailer, part);
    if (part.starts_with("F=")) mailer.flags = part.substr(2);
    if (part.starts_with("D=")) mailer.folders = trim(part.substr(2));
    if (part.starts_with("P=")) mailer.path = trim(part.substr(2));
    if (part.starts_with("U=")) mailer.user = trim(part.substr(2));
    if (part.starts_with("A=")) {
      mailer.arguments = trim(part.substr(2));
      problem = take_port(mailer, part.substr(2));
    }
    if (problem) return std::unexpected(fmt::format("mailer {}: {}", mailer.name, *problem));
  }
  if (mailer.is_program() && mailer.arguments.empty()) {
    return std::unexpected(fmt::format("mailer {}: A= is missing", printable(mailer.name)));
  }
  return mailer;
}

}  // namespace signet::conf
