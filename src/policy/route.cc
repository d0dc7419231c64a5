// Order: class w and unqualified names are ours; then mailertable, sendertable, SMART_HOST, MX. An
// entry that makes no sense defers the mail (451 4.3.5): a slip of the pen must not bounce what a
// correction could still deliver.
#include "signet/policy/route.h"

#include <algorithm>
#include <utility>

#include "policy/next_hop.h"
#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::policy {
namespace {

struct Entry {
  std::string key;
  std::string value;
  std::string wildcard;  // %1: what stands before the key ".example.org"
};

Route local_route(std::string user, std::string rule) {
  Route route;
  route.kind = Route::Kind::local;
  route.mailer = "local";
  route.user = std::move(user);
  route.rule = std::move(rule);
  return route;
}

Route error_route(mail::Reply error, std::string rule) {
  Route route;
  route.mailer = "error";
  route.error = std::move(error);
  route.rule = std::move(rule);
  return route;
}

Route misconfigured(std::string_view value, std::string rule) {
  return error_route({451, "4.3.5", "Local configuration error: " + printable(value, 80)},
                     std::move(rule));
}

Route remote_route(std::string_view mailer, std::vector<NextHop> hops, std::string user,
                   std::string rule) {
  Route route;
  route.kind = Route::Kind::remote;
  route.mailer = mailer;
  route.hops = std::move(hops);
  route.user = std::move(user);
  route.rule = std::move(rule);
  return route;
}

// Full domain, then .parent, .grandparent, ... and "." for all the rest.
Result<std::optional<Entry>> find_entry(const table::Table& map, std::string_view domain) {
  auto value = map.find(domain);
  std::string key(domain);
  std::size_t dot = domain.find('.');
  while (value && !*value && dot != std::string_view::npos) {
    key = domain.substr(dot);
    value = map.find(key);
    if (value && *value) break;
    dot = domain.find('.', dot + 1);
  }
  if (value && !*value) {
    key = ".";
    dot = domain.size();
    value = map.find(key);
  }
  if (!value) return std::unexpected(std::move(value).error().within("mailertable"));
  if (!*value) return std::nullopt;
  return Entry{std::move(key), std::move(**value), std::string(domain.substr(0, dot))};
}

std::string fill_in(const Entry& entry) {
  std::string text;
  for (std::size_t i = 0; i < entry.value.size(); ++i) {
    if (entry.value[i] == '%' && i + 1 < entry.value.size() && entry.value[i + 1] == '1') {
      text += entry.wildcard;
      ++i;
    } else {
      text += entry.value[i];
    }
  }
  return text;
}

std::uint16_t port_of(const RouteOptions& options, std::string_view mailer) {
  std::uint16_t port = 0;
  if (mailer == "smtp") port = options.smtp_port;
  if (mailer == "relay") port = options.relay_port;
  return port != 0 ? port : options.port;
}

// FEATURE(sendertable): user@domain, then @domain.
Result<std::optional<Entry>> find_sender_entry(const table::Table& map, std::string_view sender) {
  const auto from = mail::parse_address(sender);
  if (!from || from->domain.empty()) return std::nullopt;
  const std::string domain = "@" + from->domain_key();
  for (const auto& key : {to_lower(from->local) + domain, domain}) {
    auto value = map.find(key);
    if (!value) return std::unexpected(std::move(value).error().within("sendertable"));
    if (*value) return Entry{key, std::move(**value), from->local};
  }
  return std::nullopt;
}

Route route_by_entry(const RouteOptions& options, const mail::Address& to, const Entry& entry,
                     std::string_view table) {
  std::string rule = std::string(table) + ":" + entry.key;
  const std::string value = fill_in(entry);
  const auto colon = value.find(':');
  if (colon == std::string::npos) return misconfigured(value, std::move(rule));
  const auto mailer = trim(std::string_view(value).substr(0, colon));
  const auto rest = trim(std::string_view(value).substr(colon + 1));
  if (iequals(mailer, "error")) return error_route(parse_error_mailer(rest), std::move(rule));
  if (iequals(mailer, "local")) {
    return local_route(rest.empty() ? to.local : std::string(rest), std::move(rule));
  }
  const auto name = network_mailer(mailer);
  if (name.empty()) return misconfigured(value, std::move(rule));
  auto hops = parse_hops(rest.empty() ? std::string_view(to.domain) : rest, port_of(options, name));
  if (!hops) return misconfigured(value, std::move(rule));
  return remote_route(name, std::move(*hops), to.text(), std::move(rule));
}

Route route_by_smart_host(const RouteOptions& options, const mail::Address& to) {
  std::string_view text = trim(options.smart_host);
  std::string_view mailer = "relay";
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    const auto before = trim(text.substr(0, colon));
    if (iequals(before, "local")) {
      const auto user = trim(text.substr(colon + 1));
      return local_route(user.empty() ? to.local : std::string(user), "SMART_HOST");
    }
    if (const auto name = network_mailer(before); !name.empty()) {
      mailer = name;
      text = trim(text.substr(colon + 1));
    }
  }
  auto hops = parse_hops(text, port_of(options, mailer));
  if (!hops) return misconfigured(options.smart_host, "SMART_HOST");
  return remote_route(mailer, std::move(*hops), to.text(), "SMART_HOST");
}

}  // namespace

Result<Route> route(const RouteOptions& options, std::string_view recipient) {
  auto to = mail::parse_address(recipient);
  if (!to) return error_route({553, "5.1.3", "Invalid recipient address"}, "syntax");
  if (to->domain.empty()) return local_route(std::move(to->local), "unqualified");
  const std::string domain = to->domain_key();
  if (options.site != nullptr && is_local_domain(*options.site, domain)) {
    return local_route(std::move(to->local), "class w");
  }
  to->domain = domain;
  const bool literal = domain.starts_with('[');
  if (options.mailertable != nullptr && !literal) {
    const auto entry = find_entry(*options.mailertable, domain);
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return route_by_entry(options, *to, **entry, "mailertable");
  }
  if (options.sendertable != nullptr && !options.sender.empty()) {
    const auto entry = find_sender_entry(*options.sendertable, options.sender);
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return route_by_entry(options, *to, **entry, "sendertable");
  }
  if (!trim(options.smart_host).empty()) return route_by_smart_host(options, *to);
  auto hop = parse_next_hop(domain, options.port);
  if (!hop) return error_route({550, "5.1.2", "Host unknown"}, "syntax");
  std::vector<NextHop> hops;
  hops.push_back(std::move(*hop));
  return remote_route("esmtp", std::move(hops), to->text(), literal ? "address literal" : "MX");
}

}  // namespace signet::policy
