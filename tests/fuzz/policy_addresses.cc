// Any address from a client without rights: what is accepted is ours, as our own splitting of it
// and its route say too. An open relay would show here.
#include <cstdint>

#include "signet/base/check.h"
#include "signet/mail/address.h"
#include "signet/policy/route.h"
#include "signet/policy/tls.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

SiteOptions make_site() {
  SiteOptions site;
  site.local_domains = {"us.test", "[192.0.2.25]"};
  site.check_recipients = true;
  return site;
}

void judge(std::string_view text) {
  static const SiteOptions kSite = make_site();
  const test::FakeTable map{{"To:gone@", "REJECT"}, {"From:bad.test", "ERROR:550 5.7.1 no"}};
  const Access access(&map, {.lookup_dot_domain = true});
  mail::PeerFacts peer;
  peer.name = "client.test";
  peer.remote.ip = *IpAddress::parse("198.51.100.7");
  peer.resolve = mail::Resolve::ok;
  const mail::TlsFacts tls;
  const mail::AuthFacts auth;
  const ClientView client{peer, tls, auth, text, text, DomainState::resolves};

  const auto verdict = check_recipient(access, kSite, client, text, "<x>");
  SIGNET_CHECK(verdict.action != Action::relay);
  SIGNET_CHECK(verdict.action == Action::accept || verdict.reply.code >= 400);
  if (verdict.action == Action::accept) {
    const auto route_end = text.starts_with('@') ? text.find(':') + 1 : 0;
    const auto address = mail::parse_address(text.substr(route_end));
    SIGNET_CHECK(address.has_value());
    SIGNET_CHECK(address->local.find_first_of("%!@") == std::string::npos);
    SIGNET_CHECK(address->domain.empty() || is_local_domain(kSite, address->domain_key()));
    RouteOptions options;
    options.site = &kSite;
    const auto way = route(options, address->text());
    SIGNET_CHECK(way && way->kind == Route::Kind::mailbox);
  }
  (void)check_sender(access, kSite, client, text, "<x>", DomainState::no_such_domain);
  (void)sender_domain_to_resolve(access, kSite, client, text);
  (void)judge_tls_recipient(access, kSite, text, {text, peer.remote.ip}, tls);
}

}  // namespace
}  // namespace signet::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signet::policy::judge({reinterpret_cast<const char*>(data), size});
  return 0;
}
