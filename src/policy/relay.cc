// May this client relay? In the order of sendmail's check_rcpt. RELAY alone opens; every other
// entry found here has no effect.
#include "policy/relay.h"

#include <algorithm>
#include <utility>

#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/tls.h"

namespace signet::policy {
namespace {

Verdict relayed(std::string rule, std::string value = {}) {
  return {Action::relay, {}, std::move(rule), std::move(value)};
}

// RELAY found: yes; map broken: 451; anything else: go on.
std::optional<Verdict> if_relay(const Lookup& hit, std::string_view tag) {
  if (!hit) return map_failed(hit.error());
  if (!*hit || !says(**hit, "RELAY")) return std::nullopt;
  return relayed(rule_of(tag, **hit), (*hit)->value);
}

std::optional<Verdict> relay_by_sender(const Access& access, const SiteOptions& site,
                                       const ClientView& client) {
  if (client.sender.empty()) return std::nullopt;
  if (site.relay_mail_from != RelayBySender::no) {
    constexpr std::string_view kTag = "From";
    auto found = if_relay(access.full_address(kTag, client.sender, Tagged::only), kTag);
    if (found) return found;
    if (site.relay_mail_from == RelayBySender::address_or_domain) {
      if (const auto address = mail::parse_address(client.sender)) {
        found = if_relay(access.domain(kTag, address->domain_key(), Tagged::only), kTag);
        if (found) return found;
      }
    }
  }
  if (!site.relay_local_from) return std::nullopt;
  const auto address = mail::parse_address(client.sender);
  if (!address || !is_local_domain(site, address->domain_key())) return std::nullopt;
  return relayed("relay_local_from");
}

Verdict denied(const SiteOptions& site, mail::Reply reply, std::string_view as_given,
               std::string rule) {
  if (!site.relay_message.empty() && reply.permanent()) {
    reply = parse_refusal(site.relay_message, reply);
  }
  return rejected(std::move(reply), as_given, std::move(rule));
}

// The name of a client counts only when it is proved.
std::optional<Verdict> name_unproved(const SiteOptions& site, const ClientView& client,
                                     std::string_view as_given) {
  const std::string address = client.peer.address();
  switch (client.peer.resolve) {
    case mail::Resolve::ok:
      return std::nullopt;
    case mail::Resolve::temp:
      return denied(
          site,
          {450, "4.4.0", "Relaying temporarily denied. Cannot resolve PTR record for " + address},
          as_given, "client name: TEMP");
    case mail::Resolve::forged:
      return denied(site,
                    {550, "5.7.1", "Relaying denied. IP name possibly forged [" + address + "]"},
                    as_given, "client name: FORGED");
    case mail::Resolve::fail:
      return denied(site,
                    {550, "5.7.1", "Relaying denied. IP name lookup failed [" + address + "]"},
                    as_given, "client name: FAIL");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Verdict> relay_by_proof(const Access& access, const SiteOptions& site,
                                      const ClientView& client) {
  auto verdict = relay_by_certificate(access, site, client.tls);
  if (verdict.action != Action::accept) return verdict;
  if (!client.auth.done()) return std::nullopt;
  const bool trusted = std::ranges::any_of(site.trusted_mechanisms, [&](const std::string& one) {
    return iequals(one, client.auth.mechanism);
  });
  if (!trusted) return std::nullopt;
  return relayed("TRUST_AUTH_MECH " + client.auth.mechanism);
}

std::optional<Verdict> relay_by_recipient(const Access& access, const SiteOptions& site,
                                          std::string_view recipient, std::string_view domain) {
  constexpr std::string_view kTag = "To";
  if (is_relay_domain(site, domain)) return relayed("class R");
  const bool full = access.options().relay_to_full_address;
  if (full) {
    auto found = if_relay(access.full_address(kTag, recipient, Tagged::also_bare), kTag);
    if (found) return found;
  }
  if (!site.relay_hosts_only) {
    auto found = if_relay(access.domain(kTag, domain, Tagged::also_bare), kTag);
    if (found || !full) return found;
  } else {
    for (const auto* before : {"to:", ""}) {
      const auto hit = access.exact(before + std::string(domain));
      if (!hit || *hit) return if_relay(hit, kTag);
    }
    if (!full) return std::nullopt;
  }
  const auto local = recipient.substr(0, recipient.rfind('@'));
  return if_relay(access.local_part(kTag, local, Tagged::also_bare), kTag);
}

std::optional<Verdict> relay_by_mail_hosts(const SiteOptions& site, const ClientView& client,
                                           std::string_view domain, std::string_view as_given) {
  using State = MailHosts::State;
  if (!site.relay_based_on_mx || client.recipient_hosts == nullptr) return std::nullopt;
  const auto& found = *client.recipient_hosts;
  if (found.state == State::temporary) {
    return rejected(
        {450, "4.4.0", "Can not check MX records for recipient host " + std::string(domain)},
        as_given, "relay_based_on_MX");
  }
  const bool ours = std::ranges::any_of(
      found.hosts, [&](const std::string& host) { return is_local_domain(site, host); });
  if (!ours) return std::nullopt;
  return relayed("relay_based_on_MX");
}

std::expected<bool, Verdict> is_own_client(const Access& access, const SiteOptions& site,
                                           const ClientView& client) {
  const auto unknown = [](const Verdict& verdict) {
    return verdict.rejected() && !verdict.reply.permanent();
  };
  if (client.auth.done()) return true;
  auto verdict = relay_by_certificate(access, site, client.tls);
  if (unknown(verdict)) return std::unexpected(std::move(verdict));
  if (verdict.action == Action::relay) return true;
  ClientView nobody = client;
  nobody.sender = {};
  verdict = relay_by_client(access, site, nobody, {});
  if (unknown(verdict)) return std::unexpected(std::move(verdict));
  return verdict.action == Action::relay;
}

Verdict relay_by_client(const Access& access, const SiteOptions& site, const ClientView& client,
                        std::string_view as_given) {
  constexpr std::string_view kTag = "Connect";
  const auto& peer = client.peer;
  const auto& address = peer.remote.ip;
  if (is_local_client(address)) return relayed("local client");
  if (is_relay_address(site, address)) return relayed("class R");
  if (auto found = if_relay(access.address(kTag, address, Tagged::also_bare), kTag)) return *found;
  if (is_local_domain(site, "[" + peer.address() + "]")) return relayed("class w");
  if (auto found = relay_by_sender(access, site, client)) return *found;
  if (auto refusal = name_unproved(site, client, as_given)) return *refusal;
  if (is_local_domain(site, peer.name)) return relayed("class w");
  if (is_relay_domain(site, peer.name)) return relayed("class R");
  if (auto found = if_relay(access.domain(kTag, peer.name, Tagged::also_bare), kTag)) return *found;
  const bool may_authenticate = !site.trusted_mechanisms.empty();
  return denied(
      site,
      {550, "5.7.1",
       may_authenticate ? "Relaying denied. Proper authentication required." : "Relaying denied"},
      as_given, "default");
}

}  // namespace signet::policy
