#include "policy/next_hop.h"

#include <algorithm>
#include <array>
#include <limits>

#include "signet/base/text.h"

namespace signet::policy {
namespace {

constexpr std::size_t kMostHops = 32;
constexpr std::size_t kLongestName = 255;

// One piece of a list: up to the next ':' outside brackets.
std::string_view take_piece(std::string_view& text) {
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos) end = text.size();
  }
  end = std::min(text.find(':', end), text.size());
  const auto piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return piece;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint16_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(*number);
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name.front() == '.') return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

std::optional<NextHop> parse_host(std::string_view text, std::uint16_t port) {
  NextHop hop{.host = {}, .use_mx = true, .port = port};
  text = trim(text);
  if (text.starts_with('[')) {
    if (!text.ends_with(']') || text.size() < 3) return std::nullopt;
    text = text.substr(1, text.size() - 2);
    hop.use_mx = false;
    if (const auto address = IpAddress::parse(text)) {
      hop.host = address->to_string();
      return hop;
    }
  } else if (const auto address = IpAddress::parse(text)) {
    hop.use_mx = false;
    hop.host = address->to_string();
    return hop;
  }
  hop.host = to_lower(text);
  if (hop.host.ends_with('.')) hop.host.pop_back();
  if (!is_host_name(hop.host)) return std::nullopt;
  return hop;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::vector<NextHop>> parse_hops(std::string_view text, std::uint16_t default_port) {
  std::vector<NextHop> hops;
  text = trim(text);
  while (!text.empty()) {
    auto hop = parse_host(take_piece(text), default_port);
    if (!hop || hops.size() == kMostHops) return std::nullopt;
    auto rest = text;
    if (const auto port = trim(take_piece(rest)); is_number(port)) {
      const auto number = parse_port(port);
      if (!number) return std::nullopt;
      hop->port = *number;
      text = rest;
    }
    hops.push_back(std::move(*hop));
  }
  if (hops.empty()) return std::nullopt;
  return hops;
}

std::optional<NextHop> parse_next_hop(std::string_view text, std::uint16_t default_port) {
  auto hops = parse_hops(text, default_port);
  if (!hops || hops->size() != 1) return std::nullopt;
  return std::move(hops->front());
}

std::string_view network_mailer(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kMailers{"esmtp", "smtp", "smtp8", "dsmtp",
                                                            "relay"};
  const auto* found =
      std::ranges::find_if(kMailers, [&](std::string_view one) { return iequals(one, name); });
  return found == kMailers.end() ? std::string_view{} : *found;
}

}  // namespace signet::policy
