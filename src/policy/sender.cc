// check_mail: may this reverse-path be given here?
#include <algorithm>
#include <optional>
#include <utility>

#include "policy/checks.h"
#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/ldap_routing.h"
#include "signet/policy/tls.h"

namespace signet::policy {
namespace {

constexpr std::string_view kFromTag = "From";

// Names that mean "this host" wherever they are said.
bool means_this_host(std::string_view domain) {
  if (iequals(domain, "localhost")) return true;
  const auto address = parse_literal(domain);
  return address && is_local_client(*address) && !address->is_any();
}

// The part of the answer that needs no map: the form of the domain.
std::optional<Verdict> judge_form(const SiteOptions& site, const ClientView& client,
                                  const mail::Address& sender, std::string_view as_given) {
  if (is_ourselves(site, client.peer)) return std::nullopt;
  if (means_this_host(sender.domain_key())) {
    return rejected({553, "5.5.4", "Real domain name required for sender address"}, as_given,
                    "real domain");
  }
  if (sender.domain.empty() && !site.accept_unqualified_senders) {
    return rejected({553, "5.5.4", "Domain name required for sender address " + sender.local},
                    as_given, "qualified sender");
  }
  return std::nullopt;
}

// Is this a domain that mail could be answered to?
Verdict judge_domain(const SiteOptions& site, const ClientView& client, const mail::Address& sender,
                     std::string_view as_given) {
  const std::string domain = sender.domain_key();
  if (sender.domain.empty() || is_local_domain(site, domain)) return accepted("default");
  const bool literal = domain.starts_with('[');
  if (!literal && domain.find('.') == std::string::npos && !site.accept_unqualified_senders &&
      !is_ourselves(site, client.peer)) {
    return rejected({553, "5.5.4", "Real domain name required for sender address"}, as_given,
                    "real domain");
  }
  if (site.accept_unresolvable_domains) return accepted("accept_unresolvable_domains");
  const std::string who = "Domain of sender address " + sender.text();
  if (literal || client.sender_domain == DomainState::no_such_domain) {
    return rejected({553, "5.1.8", who + " does not exist"}, as_given, "sender domain");
  }
  if (client.sender_domain == DomainState::temporary) {
    return rejected({451, "4.1.8", who + " does not resolve"}, as_given, "sender domain");
  }
  return accepted("default");
}

// FEATURE(badmx): an MX must be a name, and no mail host may have an address that leads nowhere.
std::optional<Verdict> judge_mail_hosts(const SiteOptions& site, const ClientView& client,
                                        std::string_view domain, std::string_view as_given) {
  using State = MailHosts::State;
  if (!site.bad_mx || client.sender_hosts == nullptr) return std::nullopt;
  const auto& found = *client.sender_hosts;
  if (found.state == State::not_asked) return std::nullopt;
  const auto refused = [&](int code, std::string_view enhanced, std::string_view what) {
    return rejected(
        {code, std::string(enhanced), std::string(what) + " for " + std::string(domain)}, as_given,
        "badmx");
  };
  if (found.state == State::temporary) return refused(450, "4.1.2", "MX lookup failure");
  for (const auto& host : found.hosts) {
    if (host.empty() || IpAddress::parse(host)) {
      return refused(550, "5.1.2", "Illegal MX record");
    }
  }
  for (const auto& address : found.addresses) {
    if (site.bad_mx->matches(address.to_string())) {
      return refused(550, "5.1.2", "Invalid MX record");
    }
  }
  return std::nullopt;
}

// HELO_PATTERN. Our own clients say what they like, and who has a Connect: entry.
std::optional<Verdict> judge_helo_patterns(const Access& access, const SiteOptions& site,
                                           const ClientView& client, std::string_view as_given) {
  if (!site.patterns || client.auth.done()) return std::nullopt;
  const auto& address = client.peer.remote.ip;
  if (is_local_client(address) || is_relay_address(site, address)) return std::nullopt;
  const mail::Reply bogus{550, "5.7.1", "bogus HELO name used: " + printable(client.helo)};
  auto found = judge_by_patterns(site.patterns->helos, client.helo, bogus, as_given);
  if (!found || found->action == Action::accept) return std::nullopt;
  const auto entry = access.peer("Connect", client.peer.name, address, Tagged::also_bare);
  if (!entry) return map_failed(entry.error());
  if (*entry && (says(**entry, "OK") || says(**entry, "RELAY"))) return std::nullopt;
  return found;
}

// The right side of an entry of FEATURE(sender_login): "a@b.test, @c.test", or "*" for all.
bool lists_sender(std::string_view list, const mail::Address& sender) {
  const std::string domain = sender.domain_key();
  return std::ranges::any_of(words(list, " \t,"), [&](std::string_view one) {
    if (one == "*") return true;
    const auto at = one.rfind('@');
    if (at == std::string_view::npos) return domain.empty() && iequals(one, sender.local);
    if (!iequals(one.substr(at + 1), domain)) return false;
    return at == 0 || iequals(one.substr(0, at), sender.local);
  });
}

// FEATURE(sender_login): an authenticated user sends as himself, or as the map says.
std::optional<Verdict> judge_login(const SiteOptions& site, const ClientView& client,
                                   const mail::Address& sender, std::string_view as_given) {
  if (!site.sender_login || !client.auth.done()) return std::nullopt;
  const std::string identity = to_lower(client.auth.identity);
  const auto at = identity.rfind('@');
  std::string user = identity;
  if (at != std::string::npos && is_local_domain(site, std::string_view(identity).substr(at + 1))) {
    user = identity.substr(0, at);
  }
  for (const auto& key : {identity, user}) {
    const auto found = site.sender_login->find(key);
    if (!found) return map_failed(found.error());
    if (!*found) continue;
    if (lists_sender(**found, sender)) return std::nullopt;
    return rejected({553, "5.7.1", "Sender address is not one of " + printable(identity)}, as_given,
                    "sender_login:" + key);
  }
  const std::string domain = sender.domain_key();
  const bool own = domain.empty() || is_local_domain(site, domain);
  if ((own && iequals(sender.local, user)) || iequals(sender.text(), identity)) return std::nullopt;
  return rejected({553, "5.7.1", "Sender address is not one of " + printable(identity)}, as_given,
                  "sender_login");
}

// FEATURE(ldap_routing) with `sendertoo`: a sender must be somebody.
std::optional<Verdict> judge_existence(const SiteOptions& site, const mail::Address& sender,
                                       std::string_view as_given) {
  if (!site.ldap_routing || !site.ldap_routing->sender_must_exist) return std::nullopt;
  const auto found = find_ldap_route(site, sender);
  if (!found) return map_failed(found.error());
  if (!found->nobody) return std::nullopt;
  return rejected({550, "5.1.1", "User unknown"}, as_given, "ldap_routing");
}

// FEATURE(protect_local_senders): an address of ours is only for our own clients.
std::optional<Verdict> judge_forgery(const Access& access, const SiteOptions& site,
                                     const ClientView& client, const mail::Address& sender,
                                     std::string_view as_given) {
  if (site.protect_local_senders.empty()) return std::nullopt;
  const std::string domain = sender.domain_key();
  // A bare user becomes one of ours on the way out.
  if (!domain.empty() && !is_local_domain(site, domain) && !is_virtual_domain(site, domain)) {
    return std::nullopt;
  }
  auto own = is_own_client(access, site, client);
  if (!own) return std::move(own).error();
  if (*own) return std::nullopt;
  return verdict_of_value("protect_local_senders", site.protect_local_senders,
                          {550, "5.7.1", "Authentication required to send as this address"},
                          as_given);
}

Lookup find_sender(const Access& access, std::string_view sender) {
  return access.mailbox(kFromTag, sender, Tagged::also_bare, true);
}

// Of a sender about whom DNS may have a say; empty: it has none.
std::string foreign_domain(const Access& access, const SiteOptions& site, const ClientView& client,
                           std::string_view sender) {
  if (sender.empty()) return {};
  const auto address = mail::parse_address(sender);
  if (!address || judge_form(site, client, *address, {})) return {};
  const std::string domain = address->domain_key();
  if (domain.find('.') == std::string::npos || domain.starts_with('[')) return {};
  if (is_local_domain(site, domain)) return {};
  const auto hit = find_sender(access, sender);
  if (!hit || *hit) return {};
  return domain;
}

}  // namespace

std::string sender_domain_to_resolve(const Access& access, const SiteOptions& site,
                                     const ClientView& client, std::string_view sender) {
  if (site.accept_unresolvable_domains) return {};
  return foreign_domain(access, site, client, sender);
}

std::string sender_hosts_to_ask(const Access& access, const SiteOptions& site,
                                const ClientView& client, std::string_view sender) {
  if (!site.bad_mx) return {};
  return foreign_domain(access, site, client, sender);
}

Verdict judge_sender(const Access& access, const SiteOptions& site, const ClientView& client,
                     std::string_view as_given) {
  if (auto helo = judge_helo_patterns(access, site, client, as_given)) return std::move(*helo);
  if (client.sender.empty()) return accepted("null sender");
  const auto address = mail::parse_address(client.sender);
  if (!address) return rejected({553, "5.1.3", "Invalid sender address"}, as_given, "syntax");
  if (auto refusal = judge_form(site, client, *address, as_given)) return std::move(*refusal);
  if (auto refusal = judge_login(site, client, *address, as_given)) return std::move(*refusal);
  if (auto refusal = judge_existence(site, *address, as_given)) return std::move(*refusal);
  const auto hit = find_sender(access, client.sender);
  if (!hit) return map_failed(hit.error());
  if (*hit) return verdict_of(kFromTag, **hit, access_denied(site), as_given);
  if (auto refusal = judge_forgery(access, site, client, *address, as_given)) {
    return std::move(*refusal);
  }
  if (site.patterns) {
    const std::string text =
        address->domain.empty() ? address->local : address->local + "@" + address->domain_key();
    auto found = judge_by_patterns(site.patterns->senders, text, access_denied(site), as_given);
    if (found && found->action != Action::accept) return std::move(*found);
  }
  auto verdict = judge_domain(site, client, *address, as_given);
  if (verdict.rejected()) return verdict;
  auto against = judge_mail_hosts(site, client, address->domain_key(), as_given);
  return against ? std::move(*against) : verdict;
}

Verdict check_sender(const Access& access, const SiteOptions& site, const ClientView& client,
                     std::string_view sender, std::string_view as_given, DomainState domain) {
  if (site.delay_checks != Delay::no) {
    // Delayed checks pass over who proved who he is; this one is about nobody else.
    if (const auto address = mail::parse_address(sender)) {
      if (auto refusal = judge_login(site, client, *address, as_given)) return std::move(*refusal);
    }
    return accepted("delay_checks");
  }
  if (auto tls = judge_tls_client(access, site, client, true); tls.rejected()) return tls;
  ClientView view = client;
  view.sender = sender;
  view.sender_domain = domain;
  auto verdict = judge_sender(access, site, view, as_given);
  if (verdict.action != Action::accept) return verdict;
  if (auto against = judge_lists(access, site, view)) return std::move(*against);
  return verdict;
}

Verdict check_author(const mail::AuthFacts& auth, std::string_view author) {
  if (!auth.done()) return rejected({550, "5.7.1", "not authenticated"}, "trust_auth");
  if (author == auth.identity) return accepted("trust_auth: identical");
  const std::string_view shown = auth.author.empty() ? author : std::string_view(auth.author);
  return rejected(
      {550, "5.7.1", printable(auth.identity) + " not allowed to act as " + printable(shown)},
      "trust_auth");
}

}  // namespace signet::policy
