// A client, a site and an access map to ask questions about.
#pragma once

#include "signet/policy/server.h"
#include "signet/policy/tls.h"
#include "support/fake_table.h"

namespace signet::policy {

struct Scene {
  Scene() {
    site.host = "mx.example.org";
    site.local_domains = {"mx.example.org", "example.org", "localhost", "[192.0.2.25]",
                          "[IPv6:2001:db8:0:0:0:0:0:25]"};
    peer.name = "client.partner.test";
    peer.remote.ip = *IpAddress::parse("198.51.100.7");
    peer.resolve = mail::Resolve::ok;
  }

  [[nodiscard]] Access access() const { return {&map, options}; }
  [[nodiscard]] ClientView client() const { return {peer, tls, auth, helo, sender, sender_domain}; }
  [[nodiscard]] Verdict connect() const { return check_connect(access(), site, peer); }
  [[nodiscard]] Verdict from(std::string_view address,
                             DomainState state = DomainState::resolves) const {
    return check_sender(access(), site, client(), address, "<" + std::string(address) + ">", state);
  }
  [[nodiscard]] Verdict to(std::string_view address) const {
    return check_recipient(access(), site, client(), address, "<" + std::string(address) + ">");
  }

  test::FakeTable map;
  AccessOptions options;
  SiteOptions site;
  mail::PeerFacts peer;
  mail::TlsFacts tls;
  mail::AuthFacts auth;
  std::string helo = "client.partner.test";
  std::string sender;
  DomainState sender_domain = DomainState::resolves;
};

// "pass", "relay", "discard", "quarantine: why" or the reply in one line.
inline std::string outcome(const Verdict& verdict) {
  switch (verdict.action) {
    case Action::accept:
      return "pass";
    case Action::relay:
      return "relay";
    case Action::discard:
      return "discard";
    case Action::quarantine:
      return "quarantine: " + verdict.value;
    case Action::reject:
      break;
  }
  return verdict.reply.line();
}

}  // namespace signet::policy
