// check_relay: the connection and the name the client gives itself.
#include "policy/checks.h"
#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"

namespace signet::policy {
namespace {

// FEATURE(require_rdns)
std::optional<Verdict> judge_reverse_name(const mail::PeerFacts& peer) {
  if (is_local_client(peer.remote.ip)) return std::nullopt;
  constexpr std::string_view kRule = "require_rdns";
  switch (peer.resolve) {
    case mail::Resolve::ok:
      return std::nullopt;
    case mail::Resolve::fail:
      return rejected({550, "5.7.1", "Fix reverse DNS for " + peer.address()}, std::string(kRule));
    case mail::Resolve::forged:
      return rejected({451, "4.1.8", "Possibly forged hostname for " + peer.address()},
                      std::string(kRule));
    case mail::Resolve::temp:
      return rejected({451, "4.1.8", "Client IP address " + peer.address() + " does not resolve"},
                      std::string(kRule));
  }
  return std::nullopt;
}

bool is_qualified(std::string_view name) {
  const auto dot = name.find('.');
  return dot != std::string_view::npos && dot != 0 && name.find_first_not_of('.', dot) != name.npos;
}

}  // namespace

mail::Reply access_denied(const SiteOptions& site) {
  return parse_refusal(site.reject_message, {550, "5.7.1", ""});
}

Verdict judge_connect(const Access& access, const SiteOptions& site, const mail::PeerFacts& peer) {
  constexpr std::string_view kTag = "Connect";
  const auto hit = access.peer(kTag, peer.name, peer.remote.ip, Tagged::also_bare);
  if (!hit) return map_failed(hit.error());
  if (*hit) return verdict_of(kTag, **hit, access_denied(site), {});
  if (site.require_rdns) {
    if (auto refusal = judge_reverse_name(peer)) return std::move(*refusal);
  }
  return accepted("default");
}

Verdict check_connect(const Access& access, const SiteOptions& site, const mail::PeerFacts& peer) {
  if (site.delay_checks != Delay::no) return accepted("delay_checks");
  return judge_connect(access, site, peer);
}

std::optional<Verdict> judge_helo(const SiteOptions& site, const ClientView& client,
                                  std::string_view as_given) {
  const auto& address = client.peer.remote.ip;
  if (!site.block_bad_helo || client.auth.done() || !client.auth.identity.empty()) {
    return std::nullopt;
  }
  if (is_local_client(address) || is_relay_address(site, address)) return std::nullopt;
  if (!is_local_domain(site, client.helo)) {
    const bool literal6 = istarts_with(client.helo, "[IPv6:") && client.helo.ends_with(']');
    if (is_qualified(client.helo) || literal6) return std::nullopt;
  }
  return rejected({550, "5.7.1", "bogus HELO name used: " + printable(client.helo)}, as_given,
                  "block_bad_helo");
}

}  // namespace signet::policy
