#include "tls/peer_certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "support/test_pki.h"

namespace signet::tls {
namespace {

Peer described(test::TestPki& pki, const test::CertificateWish& wish,
               const EVP_MD* fingerprint = EVP_md5()) {
  const auto files = pki.issue(wish);
  const Bio file(BIO_new_file(files.certificate_file.c_str(), "r"));
  const Certificate certificate(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
  Peer peer;
  EXPECT_NE(certificate, nullptr);
  if (certificate) describe(certificate.get(), fingerprint, peer);
  return peer;
}

TEST(PeerCertificate, SpellsNamesAsOpenSslDoes) {
  struct {
    test::NameParts subject;
    const char* one_line;
    const char* cn;
  } const cases[] = {
      {{{"C", "US"}, {"O", "Spec Org"}, {"CN", "client.good.test"}, {"emailAddress", "pm@g.test"}},
       "/C=US/O=Spec Org/CN=client.good.test/emailAddress=pm@g.test",
       "client.good.test"},
      {{{"O", R"(Client (Org) + <x> "q" = 100%)"}, {"CN", "a"}},
       R"(/O=Client (Org) \+ <x> "q" = 100%/CN=a)",
       "a"},
      {{{"O", "M\xC3\xBCller AG"}, {"CN", "gr\xC3\xBCn.test"}},
       R"(/O=M\xC3\xBCller AG/CN=gr\xC3\xBCn.test)",
       "gr\xC3\xBCn.test"},
      {{{"O", "A/B/CN=evil"}, {"CN", "good"}}, R"(/O=A\/B\/CN=evil/CN=good)", "good"},
      {{{"CN", "first"}, {"CN", "second"}}, "/CN=first/CN=second", "first"},
      {{{"CN", "Weird CA+1"}}, R"(/CN=Weird CA\+1)", "Weird CA+1"},
      {{{"O", "Nameless"}}, "/O=Nameless", "BadCertificateUnknown"},
      {{{"CN", std::string("good.test\0.evil.test", 20)}},
       R"(/CN=good.test\x00.evil.test)",
       "BadCertificateContainsNUL"},
  };
  test::TestPki pki;
  for (const auto& one : cases) {
    const Peer peer = described(pki, {.subject = one.subject});
    EXPECT_EQ(peer.subject, one.one_line);
    EXPECT_EQ(peer.subject_cn, one.cn);
    EXPECT_EQ(peer.issuer, "/O=Spec Org/CN=Spec Test CA");
    EXPECT_EQ(peer.issuer_cn, "Spec Test CA");
  }
}

TEST(PeerCertificate, BoundsLongNames) {
  test::TestPki pki;
  EXPECT_EQ(described(pki, {.subject = {{"CN", std::string(254, 'x')}}}).subject_cn,
            std::string(254, 'x'));
  const Peer peer = described(pki, {.subject = {{"CN", std::string(255, 'x')}}});
  EXPECT_EQ(peer.subject_cn, "BadCertificateTooLong");
  EXPECT_LT(peer.subject.size(), 256U);
}

TEST(PeerCertificate, HasAFingerprintOfTheChosenKind) {
  test::TestPki pki;
  const std::string md5 = described(pki, {}).fingerprint;
  EXPECT_EQ(md5.size(), 16 * 3 - 1U);
  EXPECT_EQ(md5.find_first_not_of("0123456789ABCDEF:"), std::string::npos);
  EXPECT_EQ(described(pki, {}, EVP_sha256()).fingerprint.size(), 32 * 3 - 1U);
  EXPECT_EQ(described(pki, {}, nullptr).fingerprint, "");
}

TEST(PeerCertificate, ListsItsDnsNames) {
  test::TestPki pki;
  const std::vector<std::string> names = {"a.test", "*.b.test"};
  EXPECT_EQ(described(pki, {.dns_names = names}).dns_names, names);
  EXPECT_TRUE(described(pki, {}).dns_names.empty());
  const std::vector<std::string> many(150, "many.test");
  EXPECT_EQ(described(pki, {.dns_names = many}).dns_names.size(), 100U);
}

}  // namespace
}  // namespace signet::tls
