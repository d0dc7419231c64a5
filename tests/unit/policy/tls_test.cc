#include "signet/policy/tls.h"

#include <gtest/gtest.h>

#include "unit/policy/fixture.h"

namespace signet::policy {
namespace {

using mail::Verify;

Scene verified() {
  Scene scene;
  scene.tls.verify = Verify::ok;
  scene.tls.version = "TLSv1.3";
  scene.tls.cipher_bits = 256;
  scene.tls.cn_subject = "other.test";
  scene.tls.cert_subject = "/O=Org/CN=other.test";
  scene.tls.cert_issuer = "/O=Org/CN=My+20CA";
  return scene;
}

std::string client(const Scene& scene) {
  return outcome(judge_tls_client(scene.access(), scene.site, scene.client(), false));
}

std::string server(const Scene& scene) {
  return outcome(judge_tls_server(scene.access(), scene.site,
                                  {scene.peer.name, scene.peer.remote.ip}, scene.tls, scene.auth));
}

TEST(TlsPolicy, SaysInWordsWhatIsMissing) {
  const struct {
    std::string_view rule;
    std::string_view want;
  } cases[] = {
      {"VERIFY", "pass"},
      {"ENCR:257", "454 4.7.0 encryption too weak 256 less than 257"},
      {"PERM+ENCR:257", "503 5.7.0 encryption too weak 256 less than 257"},
      {"TEMP+ENCR:257", "403 4.7.0 encryption too weak 256 less than 257"},
      {"VERIFY+CN", "454 4.7.0 CN other.test does not match client.partner.test"},
      {"VERIFY+CN:other.TEST", "pass"},
      {"VERIFY+CS:/O=x", "454 4.7.0 Cert Subject /O=Org/CN=other.test does not match /O=x"},
      {"VERIFY+CI:/O=x", "454 4.7.0 Cert Issuer /O=Org/CN=My+20CA does not match /O=x"},
      {"VERIFY+CI:/o=org/cn=my+20ca", "pass"},
      {"VERIFY+CITag:Good", "454 4.7.0 Cert Issuer /O=Org/CN=My+20CA not acceptable"},
  };
  for (const auto& one : cases) {
    auto scene = verified();
    scene.map.set("TLS_Clt:partner.test", one.rule);
    EXPECT_EQ(client(scene), one.want) << one.rule;
    scene.map.set("TLS_Srv:partner.test", one.rule);
    EXPECT_EQ(server(scene), one.want) << one.rule;
  }
}

TEST(TlsPolicy, NamesTheEntryThatDecided) {
  auto scene = verified();
  scene.map.set("TLS_Clt:198.51", "ENCR:512");
  const auto verdict = judge_tls_client(scene.access(), scene.site, scene.client(), true);
  EXPECT_EQ(verdict.rule, "access:TLS_Clt:198.51");
  EXPECT_EQ(verdict.value, "ENCR:512");
}

TEST(TlsPolicy, FallsBackToTheBareTag) {
  auto scene = verified();
  scene.tls.verify = Verify::no;
  scene.map.set("TLS_Clt:", "VERIFY");
  scene.map.set("TLS_Srv:", "VERIFY");
  EXPECT_EQ(client(scene), "454 4.7.0 not authenticated");
  EXPECT_EQ(server(scene), "454 4.7.0 not authenticated");
}

// A requirement that cannot be read is not met.
TEST(TlsPolicy, RefusesForNowWhenTheMapFails) {
  auto scene = verified();
  scene.map.fail();
  constexpr std::string_view kWant = "454 4.3.0 Temporary system failure. Please try again later.";
  EXPECT_EQ(client(scene), kWant);
  EXPECT_EQ(server(scene), kWant);
  const TlsPeer next{"mx.test", scene.peer.remote.ip};
  EXPECT_EQ(outcome(judge_tls_recipient(scene.access(), scene.site, "a@b.test", next, scene.tls)),
            kWant);
  EXPECT_EQ(outcome(judge_try_tls(scene.access(), scene.site, next)), "pass");
}

TEST(TlsPolicy, RefusesAfterABrokenHandshakeWithoutAnyRule) {
  auto scene = verified();
  scene.tls.verify = Verify::software;
  EXPECT_EQ(server(scene), "454 4.7.0 TLS handshake failed.");
  scene.site.permanent_tls_errors = true;
  EXPECT_EQ(server(scene), "554 5.7.0 TLS handshake failed.");
}

TEST(TlsPolicy, CountsASecurityLayerOfAuthentication) {
  Scene scene;
  scene.auth.mechanism = "GSSAPI";
  scene.auth.bits = 128;
  scene.map.set("TLS_Clt:", "ENCR:128");
  EXPECT_EQ(client(scene), "pass");
  scene.map.set("TLS_Clt:", "VERIFY:128");
  EXPECT_EQ(client(scene), "454 4.7.0 authentication required");
}

TEST(TlsPolicy, AnIssuerTagThatSaysRejectRefuses) {
  auto scene = verified();
  scene.map.set("TLS_Clt:", "VERIFY+CITag:Good");
  scene.map.set("Good:/O=Org/CN=My+20CA", "OK");
  EXPECT_EQ(client(scene), "pass");
  scene.map.set("Good:/O=Org/CN=My+20CA", "REJECT");
  EXPECT_EQ(client(scene), "454 4.7.0 Cert Issuer /O=Org/CN=My+20CA not acceptable");
}

TEST(TlsPolicy, FindsNamesAmongTheAlternatives) {
  const struct {
    std::string_view alternative;
    std::string_view rule;
    bool passes;
  } cases[] = {
      {"client.partner.test", "VERIFY+CN", true},
      {"*.partner.test", "VERIFY+CN", true},
      {"*.test", "VERIFY+CN", false},
      {"*", "VERIFY+CN", false},
      {"*.partner.test", "VERIFY+CN:partner.test", false},
      {"*.partner.test", "VERIFY+CN++CI:/O=other", false},
  };
  for (const auto& one : cases) {
    auto scene = verified();
    scene.site.check_alt_names = true;
    scene.tls.alt_names = {std::string(one.alternative)};
    scene.map.set("TLS_Clt:", one.rule);
    EXPECT_EQ(client(scene) == "pass", one.passes) << one.alternative << " " << one.rule;
  }
}

TEST(TlsPolicy, AnAbsentNameMatchesNothing) {
  auto scene = verified();
  scene.tls.cn_subject.clear();
  scene.peer.name.clear();
  scene.map.set("TLS_Clt:", "VERIFY+CN");
  EXPECT_NE(client(scene), "pass");
  scene.site.check_alt_names = true;
  EXPECT_NE(client(scene), "pass");
}

TEST(TlsPolicy, ARecipientMayRequireTls) {
  Scene scene;
  scene.map.set("TLS_Rcpt:secret@bank.test", "PERM+ENCR:112");
  const TlsPeer next{"mx.bank.test", scene.peer.remote.ip};
  const auto ask = [&](std::string_view to) {
    return outcome(judge_tls_recipient(scene.access(), scene.site, to, next, scene.tls));
  };
  EXPECT_EQ(ask("secret+x@bank.test"), "503 5.7.0 encryption too weak 0 less than 112");
  EXPECT_EQ(ask("public@bank.test"), "pass");
}

TEST(TlsPolicy, TryTlsNoMeansNotToTry) {
  Scene scene;
  scene.map.set("Try_TLS:broken.test", "NO");
  const TlsPeer next{"mx.broken.test", *IpAddress::parse("192.0.2.9")};
  const auto verdict = judge_try_tls(scene.access(), scene.site, next);
  EXPECT_EQ(outcome(verdict), "550 5.7.1 do not try TLS with mx.broken.test [192.0.2.9]");
  EXPECT_EQ(verdict.rule, "access:Try_TLS:broken.test");
}

TEST(TlsPolicy, OnlyAVerifiedCertificateRelays) {
  auto scene = verified();
  scene.map.set("CERTISSUER:/O=Org/CN=My+20CA", "RELAY");
  const auto ask = [&] {
    return outcome(relay_by_certificate(scene.access(), scene.site, scene.tls));
  };
  EXPECT_EQ(ask(), "relay");
  for (const auto verify : {Verify::fail, Verify::no, Verify::none_yet, Verify::not_}) {
    scene.tls.verify = verify;
    EXPECT_EQ(ask(), "pass");
  }
  scene.tls.verify = Verify::ok;
  scene.map.set("CERTISSUER:/O=Org/CN=My+20CA", "SUBJECT");
  EXPECT_EQ(ask(), "pass");
  scene.map.set("CERTSUBJECT:/O=Org/CN=other.test", "RELAY");
  EXPECT_EQ(ask(), "relay");
  scene.map.fail();
  EXPECT_EQ(ask(), "451 4.3.0 Temporary system failure. Please try again later.");
}

TEST(CertificateRewrite, PicksAPart) {
  const auto rewrite = CertificateRewrite::make("-s1 CN=([^/]+)");
  ASSERT_TRUE(rewrite);
  EXPECT_EQ(rewrite->apply("/O=Org/CN=My+20CA/x=y"), "My+20CA");
  EXPECT_EQ(rewrite->apply("/O=Org"), "/O=Org");
  EXPECT_EQ(CertificateRewrite().apply("/O=Org"), "/O=Org");
}

TEST(CertificateRewrite, RefusesWhatIsNoExpression) {
  for (const std::string_view bad : {"", "-s1", "-s1 (", "-sx a", "-s99 a", "-s2 (a)", "-a a"}) {
    EXPECT_FALSE(CertificateRewrite::make(bad)) << bad;
  }
}

}  // namespace
}  // namespace signet::policy
