// check_relay: the connection and the name the client gives itself.
#include <algorithm>

#include "policy/checks.h"
#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::policy {
namespace {

constexpr std::string_view kConnectTag = "Connect";

Lookup find_client(const Access& access, const SiteOptions& site, const mail::PeerFacts& peer) {
  const std::string& name = site.use_client_ptr ? peer.ptr : peer.name;
  return access.peer(kConnectTag, name, peer.remote.ip, Tagged::also_bare);
}

struct Wanted {
  bool clients;
  bool senders;
};
std::vector<std::string> questions_of(const SiteOptions& site, Wanted wanted,
                                      const mail::PeerFacts& peer, std::string_view sender) {
  std::vector<std::string> questions;
  for (const auto& list : site.block_lists) {
    const bool asked = list.subject == BlockList::Subject::client ? wanted.clients : wanted.senders;
    questions.push_back(asked ? list_question(list, peer.remote.ip, sender) : std::string());
  }
  const bool none = std::ranges::all_of(questions, &std::string::empty);
  return none ? std::vector<std::string>() : questions;
}

// FEATURE(require_rdns)
std::optional<Verdict> judge_reverse_name(const SiteOptions& site, const mail::PeerFacts& peer) {
  if (is_local_client(peer.remote.ip) || is_relay_address(site, peer.remote.ip)) {
    return std::nullopt;
  }
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

Verdict judge_connect(const Access& access, const SiteOptions& site, const ClientView& client) {
  const auto hit = find_client(access, site, client.peer);
  if (!hit) return map_failed(hit.error());
  if (*hit) return verdict_of(kConnectTag, **hit, access_denied(site), {});
  if (auto against = judge_lists(access, site, client)) return std::move(*against);
  if (site.require_rdns) {
    if (auto refusal = judge_reverse_name(site, client.peer)) return std::move(*refusal);
  }
  if (site.patterns && !is_local_client(client.peer.remote.ip)) {
    auto found =
        judge_by_patterns(site.patterns->clients, client.peer.name, access_denied(site), {});
    if (found) return std::move(*found);
  }
  return accepted("default");
}

Verdict check_connect(const Access& access, const SiteOptions& site, const ClientView& client) {
  if (site.delay_checks != Delay::no) return accepted("delay_checks");
  return judge_connect(access, site, client);
}

Verdict check_connect(const Access& access, const SiteOptions& site, const mail::PeerFacts& peer) {
  return check_connect(access, site, ClientView{peer, {}, {}});
}

std::vector<std::string> lists_before_connect(const Access& access, const SiteOptions& site,
                                              const mail::PeerFacts& peer) {
  std::vector<std::string> questions;
  if (site.block_lists.empty() || site.delay_checks != Delay::no) return questions;
  const auto hit = find_client(access, site, peer);
  if (!hit || *hit) return questions;
  return questions_of(site, Wanted{.clients = true, .senders = false}, peer, {});
}

std::vector<std::string> lists_before_sender(const Access& access, const SiteOptions& site,
                                             const ClientView& client, std::string_view sender) {
  std::vector<std::string> questions;
  if (site.block_lists.empty()) return questions;
  const bool delayed = site.delay_checks != Delay::no;
  if (delayed && may_relay_by_proof(access, site, client)) return questions;
  const auto hit = find_client(access, site, client.peer);
  if (!hit || *hit) return questions;  // whoever is let in or kept out by name
  const Wanted wanted{.clients = delayed,
                      .senders = !is_exempt_sender(access, sender).value_or(false)};
  return questions_of(site, wanted, client.peer, sender);
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
