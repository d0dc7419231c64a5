#include "command/told_facts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "signet/base/text.h"
#include "signet/net/tls_facts.h"
#include "signet/tls/examine.h"

namespace signet::command {
namespace {

// Those of a client under TLS.
std::optional<mail::Verify> verify_of_client(std::string_view word) {
  using enum mail::Verify;
  constexpr std::array kOfClients{ok, trusted, no, not_, fail};
  const auto verify = verify_named(word);
  const bool known = verify && std::ranges::find(kOfClients, *verify) != kOfClients.end();
  return known ? verify : std::nullopt;
}

}  // namespace

Result<ToldFacts> ToldFacts::parse(std::span<const std::string_view> operands) {
  constexpr std::string_view kNames[] = {"client", "name",   "helo",    "daemon", "auth",
                                         "cert",   "verify", "subject", "issuer", "cn",
                                         "bits",   "domain", "from",    "to",     "header"};
  ToldFacts facts;
  for (const auto word : operands) {
    const auto equals = std::min(word.find('='), word.size());
    const auto name = word.substr(0, equals);
    if (equals == word.size() || std::ranges::find(kNames, name) == std::end(kNames)) {
      return permanent("what is \"" + printable(word) + "\"?");
    }
    if (name == "header") {
      facts.headers_ += std::string(word.substr(equals + 1)) + "\n";
      continue;
    }
    facts.said_[std::string(name)] = word.substr(equals + 1);
  }
  return facts;
}

std::string ToldFacts::get(const std::string& name) const {
  const auto found = said_.find(name);
  return found == said_.end() ? std::string() : found->second;
}

Result<ClientFacts> ToldFacts::client(const receive::Port* port) const {
  const auto address = IpAddress::parse(get("client"));
  if (!address) return permanent("client= is no IP address");
  ClientFacts client;
  client.peer = peer_of(*address, get("name"));
  client.helo = get("helo");
  if (get("domain") == "none") client.domain = policy::DomainState::no_such_domain;
  if (get("domain") == "temporary") client.domain = policy::DomainState::temporary;
  if (auto auth = get("auth"); !auth.empty()) {
    const auto colon = auth.find(':');
    if (colon == std::string::npos) return permanent("auth= is not MECHANISM:IDENTITY");
    client.auth.mechanism = to_upper(auth.substr(0, colon));
    client.auth.identity = client.auth.author = auth.substr(colon + 1);
  }
  auto told = tls(port);
  if (!told) return std::unexpected(std::move(told).error());
  client.tls = std::move(*told);
  return client;
}

Result<mail::TlsFacts> ToldFacts::tls(const receive::Port* port) const {
  mail::TlsFacts facts;
  const bool shown = has("cert") || has("verify");
  const auto bits = parse_number(has("bits") ? get("bits") : shown ? "256" : "0");
  if (!bits || *bits > 100000) return permanent("bits= is no number");
  if (*bits == 0 && !shown) return facts;
  if (has("cert")) {
    if (port == nullptr || !port->tls) return permanent("cert=: there is no TLS here to judge it");
    auto peer = tls::examine(*port->tls, get("cert"));
    if (!peer) return std::unexpected(std::move(peer).error());
    facts = net::to_facts(*peer, tls::Role::server);
  } else {
    const auto verify = verify_of_client(has("verify") ? get("verify") : "NO");
    if (!verify) return permanent("verify= is none of OK TRUSTED NO NOT FAIL");
    facts.verify = *verify;
    facts.cert_subject = get("subject");
    facts.cert_issuer = get("issuer");
    facts.cn_subject = get("cn");
  }
  facts.version = "TLS";
  facts.cipher_bits = static_cast<int>(*bits);
  return facts;
}

}  // namespace signet::command
