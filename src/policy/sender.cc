// check_mail: may this reverse-path be given here?
#include <optional>

#include "policy/checks.h"
#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
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

Lookup find_sender(const Access& access, std::string_view sender) {
  return access.mailbox(kFromTag, sender, Tagged::also_bare, true);
}

}  // namespace

std::string sender_domain_to_resolve(const Access& access, const SiteOptions& site,
                                     const ClientView& client, std::string_view sender) {
  if (sender.empty() || site.accept_unresolvable_domains) return {};
  const auto address = mail::parse_address(sender);
  if (!address || judge_form(site, client, *address, {})) return {};
  const std::string domain = address->domain_key();
  if (domain.find('.') == std::string::npos || domain.starts_with('[')) return {};
  if (is_local_domain(site, domain)) return {};
  const auto hit = find_sender(access, sender);
  if (!hit || *hit) return {};
  return domain;
}

Verdict judge_sender(const Access& access, const SiteOptions& site, const ClientView& client,
                     std::string_view as_given) {
  if (client.sender.empty()) return accepted("null sender");
  const auto address = mail::parse_address(client.sender);
  if (!address) return rejected({553, "5.1.3", "Invalid sender address"}, as_given, "syntax");
  if (auto refusal = judge_form(site, client, *address, as_given)) return std::move(*refusal);
  const auto hit = find_sender(access, client.sender);
  if (!hit) return map_failed(hit.error());
  if (*hit) return verdict_of(kFromTag, **hit, access_denied(site), as_given);
  return judge_domain(site, client, *address, as_given);
}

Verdict check_sender(const Access& access, const SiteOptions& site, const ClientView& client,
                     std::string_view sender, std::string_view as_given, DomainState domain) {
  if (site.delay_checks != Delay::no) return accepted("delay_checks");
  if (auto tls = judge_tls_client(access, site, client, true); tls.rejected()) return tls;
  ClientView view = client;
  view.sender = sender;
  view.sender_domain = domain;
  auto verdict = judge_sender(access, site, view, as_given);
  if (verdict.action != Action::accept) return verdict;
  if (auto against = judge_lists(site, view)) return std::move(*against);
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
