#include "policy/triple.h"

#include <algorithm>
#include <utility>

#include "policy/next_hop.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/rewrite.h"

namespace signet::policy {
std::uint16_t port_of(const RouteOptions& options, std::string_view mailer) {
  std::uint16_t port = 0;
  if (mailer == "smtp") port = options.smtp_port;
  if (mailer == "smtp8") port = options.smtp8_port;
  if (mailer == "relay") port = options.relay_port;
  return port != 0 ? port : options.port;
}

namespace {

Route misconfigured(std::string_view value, std::string rule) {
  return error_route({451, "4.3.5", "Local configuration error: " + printable(value, 80)},
                     std::move(rule));
}

// As the domain of an address. Brackets are for addresses only: "u@[name]" is no address, and what
// they say about MX is our own business.
std::string domain_of(const NextHop& hop) {
  const auto address = IpAddress::parse(hop.host);
  return address ? "[" + address->to_mail_string() + "]" : hop.host;
}

// As the configuration writes its name. Empty: it is none.
std::string_view program_mailer(const SiteOptions* site, std::string_view name) {
  if (site == nullptr) return {};
  const auto found = std::ranges::find_if(
      site->program_mailers, [&](const std::string& one) { return iequals(one, name); });
  return found == site->program_mailers.end() ? std::string_view() : *found;
}

// "host", or "user@host" instead of the address, of which local ways are told the user alone.
Route program_route(std::string_view mailer, std::string_view rest, const mail::Address& to,
                    std::string rule) {
  Route route;
  route.kind = Route::Kind::program;
  route.mailer = mailer;
  const auto at = rest.find('@');
  route.host = at == std::string_view::npos ? rest : rest.substr(at + 1);
  const bool user_alone = way_of(mailer) == Way::local;
  if (at != std::string_view::npos) {
    route.user = user_alone ? rest.substr(0, at) : rest;
  } else {
    route.user = user_alone ? to.local : to.text();
  }
  if (rest.empty()) route.host = to.domain;
  route.rule = std::move(rule);
  return route;
}

// "mailer:rest"
struct Parts {
  std::string_view mailer;  // empty: there is none
  std::string_view rest;
};
Parts split_mailer(std::string_view text) {
  const auto colon = text.starts_with('[') ? text.npos : text.find(':');
  if (colon == std::string_view::npos) return {{}, text};
  return {trim(text.substr(0, colon)), trim(text.substr(colon + 1))};
}

// Whoever the mail is for: the slip is the site's.
bool is_option_by_itself(const SiteOptions& site, std::string_view mailer, std::string_view entry) {
  if (!site.is_option) return false;
  const auto route = program_route(mailer, split_mailer(trim(entry)).rest, {"user", "host"}, {});
  return site.is_option(mailer, route.host, route.user);
}

void give_to(const Mailboxes& mailboxes, bool parts_details, Route& route) {
  route.mailer = mailboxes.mailer;
  if (mailboxes.hop) {
    route.kind = Route::Kind::remote;
    route.hops = {*mailboxes.hop};
    return;
  }
  route.kind = Route::Kind::program;
  const auto split = mail::split_detail(route.user);
  if (!parts_details || !split.detail) return;
  route.host = *split.detail;
  route.user.resize(split.user.size());
}

}  // namespace

Route local_route(const SiteOptions* site, std::string user, std::string rule) {
  Route route;
  route.kind = Route::Kind::mailbox;
  route.mailer = "local";
  route.local_user = user;
  route.user = std::move(user);
  route.rule = std::move(rule);
  if (site != nullptr && site->mailboxes) {
    const auto& mailboxes = *site->mailboxes;
    give_to(mailboxes, mailboxes.asks_relays && !site->local_mail.whole_names, route);
  }
  return route;
}

Route error_route(mail::Reply error, std::string rule) {
  Route route;
  route.mailer = "error";
  route.error = std::move(error);
  route.rule = std::move(rule);
  return route;
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

bool names_this_host(const SiteOptions* site, std::string_view text) {
  return site != nullptr && is_local_domain(*site, trim(text));
}

std::optional<Route> route_by_triple(const RouteOptions& options, TripleOrder order) {
  const auto text = trim(order.text);
  const auto [mailer, rest] = split_mailer(text);
  if (iequals(mailer, "error")) return error_route(parse_error_mailer(rest), std::move(order.rule));
  if (iequals(mailer, "local")) {
    const auto user = rest.substr(0, rest.find('@'));  // the host means nothing there
    return local_route(options.site, user.empty() ? order.to.local : std::string(user),
                       std::move(order.rule));
  }
  if (const auto program = program_mailer(options.site, mailer); !program.empty()) {
    const auto written = order.written.empty() ? text : order.written;
    if (is_option_by_itself(*options.site, program, written)) {
      return misconfigured(text, std::move(order.rule));
    }
    return program_route(program, rest, order.to, std::move(order.rule));
  }
  if (mailer.empty() && names_this_host(options.site, text)) return std::nullopt;
  const auto known = network_mailer(mailer);
  if (known.empty() && order.needs_mailer) return misconfigured(text, std::move(order.rule));
  const std::string_view name = known.empty() ? options.relay_mailer : known;
  std::string_view hosts = known.empty() ? text : rest;
  if (hosts.empty()) hosts = order.to.domain;
  std::string_view user;  // the literal one of "user@host"
  if (const auto at = hosts.find('@'); !known.empty() && at != std::string_view::npos) {
    user = hosts.substr(0, at);
    hosts.remove_prefix(at + 1);
    if (user.empty()) return misconfigured(text, std::move(order.rule));
  }
  auto hops = parse_hops(hosts, port_of(options, name));
  if (!hops) return misconfigured(text, std::move(order.rule));
  std::string address = order.to.text();
  if (order.renames || !user.empty() || order.to.domain.empty()) {
    address = std::string(user.empty() ? order.to.local : user) + "@" + domain_of(hops->front());
  }
  return remote_route(name, std::move(*hops), std::move(address), std::move(order.rule));
}

}  // namespace signet::policy
