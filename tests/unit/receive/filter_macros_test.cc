#include "receive/filter_macros.h"

#include <gtest/gtest.h>

namespace signet::receive {
namespace {

struct World {
  Options options;
  Port port;
  mail::PeerFacts peer;
  mail::TlsFacts tls;
  mail::AuthFacts auth;
  [[nodiscard]] MacroFacts facts() const {
    return {.options = options, .port = port, .peer = peer, .tls = tls, .auth = auth};
  }
};

World world() {
  World made;
  made.options.host = "us.test";
  made.options.site_macro = [](std::string_view name) -> std::optional<std::string> {
    if (name == "j") return "us.test";
    return std::nullopt;
  };
  made.port.name = "MTA";
  made.port.address = "192.0.2.9";
  made.peer.remote = {*IpAddress::parse("2001:db8::1"), 4711};
  made.peer.local = {*IpAddress::parse("192.0.2.9"), 25};
  made.peer.name = "c.test";
  made.peer.ptr = "c.test";
  made.peer.resolve = mail::Resolve::ok;
  return made;
}

TEST(FilterMacros, TellOfClientAndPort) {
  const auto made = world();
  const auto facts = made.facts();
  for (const auto& [name, want] : std::vector<std::pair<std::string, std::string>>{
           {"j", "us.test"},
           {"_", "c.test [IPv6:2001:db8:0:0:0:0:0:1]"},
           {"client_addr", "IPv6:2001:db8:0:0:0:0:0:1"},
           {"client_name", "c.test"},
           {"client_port", "4711"},
           {"client_ptr", "c.test"},
           {"client_resolve", "OK"},
           {"daemon_name", "MTA"},
           {"daemon_addr", "192.0.2.9"},
           {"daemon_port", "25"},
           {"daemon_family", "inet"},
           {"if_name", "us.test"},
           {"if_addr", "192.0.2.9"},
       }) {
    EXPECT_EQ(macro_value(name, facts), want) << name;
  }
  for (const auto* name : {"tls_version", "verify", "auth_type", "auth_ssf", "i", "f", "mail_addr",
                           "rcpt_addr", "nrcpts", "msg_size", "msg_id", "nobody_knows"}) {
    EXPECT_EQ(macro_value(name, facts), std::nullopt) << name;
  }
}

TEST(FilterMacros, LoopbackIsNoInterfaceAddress) {
  auto made = world();
  made.peer.local.ip = *IpAddress::parse("127.0.0.1");
  EXPECT_EQ(macro_value("if_addr", made.facts()), std::nullopt);
}

TEST(FilterMacros, TellOfTlsAuthAndMessage) {
  auto made = world();
  made.tls.version = "TLSv1.3";
  made.tls.cipher_bits = 256;
  made.tls.verify = mail::Verify::no;
  made.auth = {.mechanism = "PLAIN", .identity = "bob@us.test", .author = "", .bits = 0};
  auto facts = made.facts();
  facts.mail = MailerTriple{.mailer = "local", .host = "", .address = "bob"};
  facts.rcpt = triple_of(mail::Reply{550, "5.1.1", "User unknown"});
  facts.sender = "";
  facts.recipients = 2;
  facts.size = 99;
  facts.message_id = "<a@b>";
  for (const auto& [name, want] : std::vector<std::pair<std::string, std::string>>{
           {"tls_version", "TLSv1.3"},
           {"cipher_bits", "256"},
           {"verify", "NO"},
           {"cert_subject", ""},
           {"auth_type", "PLAIN"},
           {"auth_authen", "bob@us.test"},
           {"auth_ssf", "0"},
           {"mail_mailer", "local"},
           {"mail_host", ""},
           {"mail_addr", "bob"},
           {"rcpt_mailer", "error"},
           {"rcpt_host", "5.1.1"},
           {"rcpt_addr", "550 5.1.1 User unknown"},
           {"f", ""},
           {"nrcpts", "2"},
           {"msg_size", "99"},
           {"msg_id", "<a@b>"},
       }) {
    EXPECT_EQ(macro_value(name, facts), want) << name;
  }
  EXPECT_EQ(macro_value("auth_author", facts), std::nullopt);
}

TEST(FilterMacros, NameTheFingerprintByItsAlgorithm) {
  auto made = world();
  made.tls.version = "TLSv1.3";
  made.tls.fingerprint = "E7:B5";
  EXPECT_EQ(macro_value("cert_md5", made.facts()), "E7:B5");
  EXPECT_EQ(macro_value("cert_fp", made.facts()), std::nullopt);
  made.tls.fingerprint_by_wish = true;
  EXPECT_EQ(macro_value("cert_md5", made.facts()), std::nullopt);
  EXPECT_EQ(macro_value("cert_fp", made.facts()), "E7:B5");
}

TEST(FilterMacros, SayWhereARouteLeads) {
  policy::Route route;
  route.kind = policy::Route::Kind::remote;
  route.mailer = "esmtp";
  route.user = "u@far.test";
  route.hops = {{.host = "far.test", .use_mx = true}};
  auto triple = triple_of(route);
  EXPECT_EQ(triple.mailer + " " + triple.host + " " + triple.address, "esmtp far.test. u@far.test");
  route.hops = {{.host = "192.0.2.1", .use_mx = false}};
  EXPECT_EQ(triple_of(route).host, "[192.0.2.1]");
}

}  // namespace
}  // namespace signet::receive
