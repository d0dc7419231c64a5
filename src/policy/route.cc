// Order: whom ldap_routing sends to another host; class w and unqualified names are ours, or the
// hub's; then mailertable, domains whose best MX is us, sendertable, SMART_HOST, MX. An entry that
// makes no sense defers the mail (451 4.3.5): a slip of the pen must not bounce what a correction
// could still deliver.
#include "signet/policy/route.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "policy/next_hop.h"
#include "policy/triple.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/aliases.h"
#include "signet/policy/best_mx.h"
#include "signet/policy/ldap_routing.h"

namespace signet::policy {
namespace {

constexpr std::string_view kRedirect = ".redirect";

struct Entry {
  std::string key;
  std::string value;
  std::string wildcard;  // %1: what stands before the key ".example.org"
};

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
  const bool whole = key == domain;
  return Entry{std::move(key), std::move(**value),
               whole ? std::string() : std::string(domain.substr(0, dot))};
}

// %0: the key; %1: what stands before the key ".example.org"; %2: the label next to it. Behind a
// whole domain there is nothing to fill in.
std::string_view parameter_of(const Entry& entry, char digit) {
  const std::string_view wildcard = entry.wildcard;
  if (digit == '0') return entry.key;
  if (digit == '1') return wildcard;
  if (digit == '2' && entry.key != ".") return wildcard.substr(wildcard.rfind('.') + 1);
  return {};
}

std::string fill_in(const Entry& entry) {
  std::string text;
  for (std::size_t i = 0; i < entry.value.size(); ++i) {
    const char next = i + 1 < entry.value.size() ? entry.value[i + 1] : ' ';
    if (entry.value[i] != '%' || (next != '%' && (next < '0' || next > '9'))) {
      text += entry.value[i];
      continue;
    }
    ++i;
    if (next == '%') {
      text += '%';
    } else {
      text += parameter_of(entry, next);
    }
  }
  return text;
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
  // With `needs_mailer` there always is a route.
  return *route_by_triple(options, {.text = fill_in(entry),
                                    .to = to,
                                    .rule = fmt::format("{}:{}", table, entry.key),
                                    .written = entry.value,
                                    .needs_mailer = true});
}

// Not the users of class L; of a sticky host who is named with it only with a detail, as sendmail
// does.
bool may_leave(const LocalMail& local, const mail::Address& to) {
  if (local.sticky && !to.domain.empty()) return mail::split_detail(to.local).detail.has_value();
  const std::string user = to_lower(to.local);
  return std::ranges::find(local.users, user) == local.users.end();
}

// Case does not count in names of local users, so sendmail passes them on in lower case.
std::string name_of_user(const std::string& local) {
  return local.starts_with('"') ? local : to_lower(local);
}

// Flag 5 of whoever has the mailboxes.
bool asks_relays(const SiteOptions& site) {
  return site.mailboxes == nullptr || site.mailboxes->asks_relays;
}

Route route_local_mail(const RouteOptions& options, mail::Address to, std::string_view rule) {
  if (options.site == nullptr) return local_route(nullptr, std::move(to.local), std::string(rule));
  const auto& local = options.site->local_mail;
  const bool under_its_name = local.sticky && !to.domain.empty() && !local.hub.empty();
  const std::string& host = local.hub.empty() ? local.relay : local.hub;
  const bool may_go = under_its_name || (asks_relays(*options.site) && may_leave(local, to));
  if (!host.empty() && may_go) {
    if (!under_its_name) to.local = name_of_user(to.local);
    auto route = route_by_triple(options, {.text = host,
                                           .to = to,
                                           .rule = local.hub.empty() ? "LOCAL_RELAY" : "MAIL_HUB",
                                           .renames = !under_its_name});
    if (route) return std::move(*route);
  }
  return local_route(options.site, std::move(to.local), std::string(rule));
}

// FEATURE(ldap_routing): to the host of the address, by mailertable if it knows that host. Empty:
// the address is no such one.
Result<std::optional<Route>> route_by_directory(const RouteOptions& options,
                                                const mail::Address& to) {
  if (options.site == nullptr) return std::nullopt;
  const auto found = find_ldap_route(*options.site, to);
  if (!found) return std::unexpected(found.error());
  if (!found->is_elsewhere()) return std::nullopt;
  const auto named = mail::parse_address(found->address);
  const mail::Address& who = named ? *named : to;
  if (options.mailertable != nullptr && !found->host.starts_with('[')) {
    const auto entry = find_entry(*options.mailertable, to_lower(found->host));
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return route_by_entry(options, who, **entry, "mailertable");
  }
  const std::string host = std::string(options.relay_mailer) + ":" + found->host;
  return route_by_triple(options,
                         {.text = host, .to = who, .rule = found->rule, .needs_mailer = true});
}

// Does a part of the address begin with '-', which might become a word of its own?
bool has_word_with_dash(std::string_view address) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (address[i] != '-') continue;
    if (i == 0 || std::isalnum(static_cast<unsigned char>(address[i - 1])) == 0) return true;
  }
  return false;
}

// FEATURE(redirect): an alias that leads there tells the new address of who has left.
bool is_redirected(const RouteOptions& options, std::string_view domain) {
  return options.site != nullptr && options.site->local_mail.redirect &&
         domain.size() > kRedirect.size() && domain.ends_with(kRedirect);
}

Route route_redirected(const mail::Address& to) {
  const auto domain = to.domain.substr(0, to.domain.size() - kRedirect.size());
  return error_route(
      {551, "5.1.1",
       fmt::format("User has moved; please try <{}@{}>", printable(to.local), printable(domain))},
      "redirect");
}

}  // namespace

Result<Route> route_before_aliases(const RouteOptions& options, std::string_view recipient) {
  auto to = mail::parse_address(recipient);
  if (!to) return error_route({553, "5.1.3", "Invalid recipient address"}, "syntax");
  const std::string domain = to->domain_key();
  to->domain = domain;
  auto by_directory = route_by_directory(options, *to);
  if (!by_directory) return std::unexpected(std::move(by_directory).error());
  if (*by_directory) return std::move(**by_directory);
  if (domain.empty() || (options.site != nullptr && is_local_domain(*options.site, domain))) {
    return route_local_mail(options, std::move(*to), domain.empty() ? "unqualified" : "class w");
  }
  if (is_redirected(options, domain)) return route_redirected(*to);
  const bool literal = domain.starts_with('[');
  if (options.mailertable != nullptr && !literal) {
    const auto entry = find_entry(*options.mailertable, domain);
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return route_by_entry(options, *to, **entry, "mailertable");
  }
  if (options.site != nullptr) {
    const auto ours = is_best_mx(*options.site, domain);
    if (!ours) return std::unexpected(ours.error());
    if (*ours) {
      to->domain.clear();  // as if the user had been named alone
      return route_local_mail(options, std::move(*to), "bestmx_is_local");
    }
  }
  if (options.sendertable != nullptr && !options.sender.empty()) {
    const auto entry = find_sender_entry(*options.sendertable, options.sender);
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return route_by_entry(options, *to, **entry, "sendertable");
  }
  if (!trim(options.smart_host).empty()) {
    auto by_smart_host =
        route_by_triple(options, {.text = options.smart_host, .to = *to, .rule = "SMART_HOST"});
    if (by_smart_host) return std::move(*by_smart_host);
  }
  auto hop = parse_next_hop(domain, port_of(options, options.smtp_mailer));
  if (!hop) return error_route({550, "5.1.2", "Host unknown"}, "syntax");
  std::vector<NextHop> hops;
  hops.push_back(std::move(*hop));
  return remote_route(options.smtp_mailer, std::move(hops), to->text(),
                      literal ? "address literal" : "MX");
}

Result<Route> route(const RouteOptions& options, std::string_view recipient) {
  auto found = route_before_aliases(options, recipient);
  if (!found || !found->is_local() || options.site == nullptr) return found;
  const auto known = has_account(*options.site, found->local_user);
  if (!known) return std::unexpected(known.error());
  if (*known) return found;
  auto other = route_unknown_user(options, found->local_user, recipient);
  return other ? std::move(*other) : std::move(found);
}

Result<std::optional<std::string>> find_local_user(const RouteOptions& options,
                                                   std::string_view recipient) {
  auto found = route_before_aliases(options, recipient);
  if (!found) return std::unexpected(std::move(found).error());
  if (!found->is_local()) return std::nullopt;
  return std::move(found->local_user);
}

Result<bool> has_account(const SiteOptions& site, std::string_view user) {
  if (site.mailboxes == nullptr || site.mailboxes->accounts == nullptr) return true;
  const auto found = site.mailboxes->accounts->find(forwarding_name(user));
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

bool is_option_of_program(const RouteOptions& options, std::string_view recipient) {
  if (options.site == nullptr || !options.site->is_option) return false;
  if (!has_word_with_dash(recipient)) return false;
  const auto found = route(options, recipient);
  return found && found->kind == Route::Kind::program &&
         options.site->is_option(found->mailer, found->host, found->user);
}

Result<bool> is_ours_by_mx(const RouteOptions& options, std::string_view domain) {
  if (options.site == nullptr || !options.site->best_mx) return false;
  if (options.mailertable != nullptr) {
    const auto entry = find_entry(*options.mailertable, domain);
    if (!entry) return std::unexpected(entry.error());
    if (*entry) return false;
  }
  return is_best_mx(*options.site, domain);
}

std::optional<Route> route_unknown_user(const RouteOptions& options, const std::string& user,
                                        std::string_view recipient) {
  if (options.site == nullptr) return std::nullopt;
  const auto& local = options.site->local_mail;
  auto to = mail::parse_address(recipient);
  if (local.luser_relay.empty() || !asks_relays(*options.site) || !to) return std::nullopt;
  to->local = user;
  if (!may_leave(local, *to)) return std::nullopt;
  to->domain = to->domain_key();
  to->local = name_of_user(user);
  return route_by_triple(options, {.text = local.luser_relay,
                                   .to = *to,
                                   .rule = "LUSER_RELAY",
                                   .renames = !local.preserve_luser_host});
}

}  // namespace signet::policy
