#include "signet/conf/mail_filters.h"

#include <sys/un.h>

#include <fmt/format.h>

#include "conf/value.h"
#include "signet/base/text.h"

namespace signet::conf {
namespace {

using Problem = std::optional<std::string>;

// "port@host", "port@[address]"
Problem set_internet_socket(MailFilter& filter, std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at + 1 == text.size()) {
    return fmt::format("S={}: port@host is wanted", printable(text));
  }
  const auto port = parse_port(text.substr(0, at));
  if (!port || *port == 0) return fmt::format("S={}: no such port", printable(text));
  filter.port = *port;
  auto host = text.substr(at + 1);
  const bool bare = host.starts_with('[') && host.ends_with(']');
  if (bare) host = host.substr(1, host.size() - 2);
  filter.address = IpAddress::parse(host);
  if (!filter.address && bare) return fmt::format("S=: [{}] is no address", printable(host));
  if (filter.address && filter.address->is_v6() != filter.v6) {
    return fmt::format("S=: {} is no address of that family", printable(host));
  }
  if (!filter.address) filter.host = host;
  return std::nullopt;
}

// Without a family in front it is a path.
Problem set_socket(MailFilter& filter, std::string_view text) {
  const auto colon = text.find(':');
  const auto family = colon == std::string_view::npos ? "" : text.substr(0, colon);
  const auto rest = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (iequals(family, "inet") || iequals(family, "inet6")) {
    filter.v6 = iequals(family, "inet6");
    return set_internet_socket(filter, rest);
  }
  if (!family.empty() && !iequals(family, "unix") && !iequals(family, "local")) {
    return fmt::format("S=: unknown socket type {}", printable(family));
  }
  if (rest.empty()) return "S=: the path is missing";
  if (rest.size() >= sizeof(sockaddr_un::sun_path)) {
    return fmt::format("S=: {} is too long for a socket", printable(rest));
  }
  filter.path = rest;
  return std::nullopt;
}

// Of several letters the first of these counts, as in sendmail.
Problem set_flags(MailFilter& filter, std::string_view text, std::vector<std::string>& remarks) {
  using enum MailFilter::OnFailure;
  const auto has = [text](char letter) { return text.find(letter) != std::string_view::npos; };
  filter.on_failure = has('T') ? temporary : has('4') ? close : has('R') ? reject : go_on;
  const auto unknown = text.find_first_not_of("T4R \t");
  if (unknown != std::string_view::npos) {
    remarks.push_back(fmt::format("mail filter {}: F={} has no meaning", printable(filter.name),
                                  printable(text.substr(unknown, 1))));
  }
  return std::nullopt;
}

Problem set_patience(MailFilter& filter, std::string_view text) {
  for (const auto piece : split(text, ';')) {
    const auto item = trim(piece);
    if (item.empty()) continue;
    const auto colon = item.find(':');
    if (colon == std::string_view::npos) {
      return fmt::format("T=: {} has no ':'", printable(item));
    }
    const auto seconds = parse_seconds(trim(item.substr(colon + 1)), 's');
    if (!seconds) return fmt::format("T={}: {}", printable(item), seconds.error());
    const std::chrono::seconds time(*seconds);
    switch (item.front()) {
      case 'C':
        filter.connect = time;
        break;
      case 'S':
        filter.send = time;
        break;
      case 'R':
        filter.read = time;
        break;
      case 'E':
        filter.end = time;
        break;
      default:
        return fmt::format("T=: unknown time {}: C, S, R, E", printable(item));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string MailFilter::socket() const {
  if (!path.empty()) return "unix:" + path;
  return fmt::format("{}:{}@{}", v6 ? "inet6" : "inet", port,
                     address ? "[" + address->to_string() + "]" : host);
}

std::expected<MailFilter, std::string> parse_mail_filter(std::string_view text,
                                                         std::vector<std::string>& remarks) {
  MailFilter filter;
  const auto end = text.find_first_of(", \t");
  filter.name = text.substr(0, end);
  if (filter.name.empty()) return std::unexpected("a mail filter needs a name");
  bool reachable = false;
  for (const auto piece :
       split(text.substr(end == std::string_view::npos ? text.size() : end), ',')) {
    const auto item = trim(piece);
    if (item.empty()) continue;
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) {
      return std::unexpected(
          fmt::format("X{}: \"{}\" has no '='", printable(filter.name), printable(item)));
    }
    const auto value = trim(item.substr(equals + 1));
    Problem problem;
    switch (item.front()) {
      case 'S':
        problem = set_socket(filter, value);
        reachable = true;
        break;
      case 'F':
        problem = set_flags(filter, value, remarks);
        break;
      case 'T':
        problem = set_patience(filter, value);
        break;
      default:
        problem = fmt::format("unknown key {}: S, F, T", printable(item.substr(0, equals)));
    }
    if (problem) return std::unexpected("X" + printable(filter.name) + ": " + *problem);
  }
  if (!reachable) return std::unexpected("X" + printable(filter.name) + ": S= is missing");
  return filter;
}

std::vector<std::string> parse_filter_names(std::string_view text) {
  std::vector<std::string> names;
  for (const auto word : words(text, ",; \t\r\n")) names.emplace_back(word);
  return names;
}

}  // namespace signet::conf
