// What is found out about the other side's certificate; the handshake goes on in every case.
#include <openssl/x509_vfy.h>

#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

using std::chrono::hours;
using test::CertificateUse;

struct Seen {
  Peer client;  // as the server sees it
  Peer server;
};

Seen shake(const Options& server, const Options& client) {
  Pair pair(make(server), make(client));
  EXPECT_TRUE(pair.shake_hands()) << pair.server.failure().reason << pair.client.failure().reason;
  pair.client.write("EHLO x\r\n");
  EXPECT_EQ(pair.exchange(), Progress::want_more);
  EXPECT_EQ(pair.heard_by_server, "EHLO x\r\n");
  return {pair.server.peer(), pair.client.peer()};
}

class Verify : public testing::Test {
 protected:
  test::TestPki pki_;
  test::TestPki stranger_{{{"CN", "Other CA"}}};
  test::CertificateFiles server_ = pki_.issue({.use = CertificateUse::server_only});
  test::CertificateFiles client_ = pki_.issue({.use = CertificateUse::client_only});
};

struct Case {
  const char* name;
  test::CertificateFiles files;
  long code;
  const char* message;
};

std::vector<Case> cases(test::TestPki& pki, test::TestPki& stranger, CertificateUse wrong_use) {
  return {
      {"trusted", pki.issue(), X509_V_OK, "ok"},
      {"RSA", pki.issue({.key = test::KeyKind::rsa}), X509_V_OK, "ok"},
      {"unknown CA", stranger.issue(), 20, "unable to get local issuer certificate"},
      {"self-signed", pki.issue({.self_signed = true}), 18, "self-signed certificate"},
      {"expired", pki.issue({.ends = std::chrono::seconds(-60)}), 10, "certificate has expired"},
      {"not yet valid", pki.issue({.begins = hours(1)}), 9, "certificate is not yet valid"},
      {"wrong use", pki.issue({.use = wrong_use}), 26, "unsuitable certificate purpose"},
  };
}

void expect(const Peer& peer, const Case& want) {
  EXPECT_TRUE(peer.certificate_presented);
  EXPECT_EQ(peer.verify_code, want.code);
  EXPECT_EQ(peer.verify_message, want.message);
  EXPECT_EQ(peer.verified, want.code == X509_V_OK);
  EXPECT_EQ(peer.subject, "/CN=host.test");
}

TEST_F(Verify, JudgesTheClientAsSendmailDoes) {
  for (const auto& one : cases(pki_, stranger_, CertificateUse::server_only)) {
    SCOPED_TRACE(one.name);
    expect(shake(server_options(pki_, server_), client_options(pki_, one.files)).client, one);
  }
}

TEST_F(Verify, JudgesTheServerAsSendmailDoes) {
  for (const auto& one : cases(pki_, stranger_, CertificateUse::client_only)) {
    SCOPED_TRACE(one.name);
    expect(shake(server_options(pki_, one.files), client_options(pki_)).server, one);
  }
}

TEST_F(Verify, AsksForACertificateAndDoesWithoutOne) {
  const auto seen = shake(server_options(pki_, server_), client_options(pki_));
  EXPECT_TRUE(seen.client.certificate_requested);
  EXPECT_FALSE(seen.client.certificate_presented);
  EXPECT_FALSE(seen.client.verified);
  EXPECT_EQ(seen.client.verify_message, "ok");  // as in sendmail's line
  EXPECT_EQ(seen.client.subject, "");
}

TEST_F(Verify, DoesNotAskWhenToldSo) {
  Options server = server_options(pki_, server_);
  server.request_certificate = false;
  const auto seen = shake(server, client_options(pki_, client_));
  EXPECT_FALSE(seen.client.certificate_requested);
  EXPECT_FALSE(seen.client.certificate_presented);
}

TEST_F(Verify, TrustsNobodyWithoutAuthorities) {
  Options client = client_options(pki_);
  client.ca_file.clear();
  EXPECT_FALSE(shake(server_options(pki_, server_), client).server.verified);
}

TEST_F(Verify, FindsAuthoritiesInAHashedFolder) {
  Options client = client_options(pki_);
  client.ca_file.clear();
  client.ca_path = pki_.hashed_folder();
  EXPECT_TRUE(shake(server_options(pki_, server_), client).server.verified);
}

TEST_F(Verify, SendsTheWholeChainOfTheFile) {
  test::TestPki below({{"CN", "Intermediate CA"}}, pki_);
  const auto both = shake(server_options(pki_, below.issue()), client_options(pki_, below.issue()));
  EXPECT_TRUE(both.server.verified) << both.server.verify_message;
  EXPECT_TRUE(both.client.verified) << both.client.verify_message;
  EXPECT_EQ(both.server.issuer, "/CN=Intermediate CA");
}

TEST_F(Verify, DoesNotTakeALeafForAnAuthority) {
  // What an ordinary certificate signs is worth nothing: the chain ends at the leaf.
  Options client = client_options(pki_);
  client.ca_file = server_.certificate_file;
  EXPECT_FALSE(shake(server_options(pki_, stranger_.issue()), client).server.verified);
}

TEST_F(Verify, KnowsRevokedCertificates) {
  Options server = server_options(pki_, server_);
  const auto revoked = pki_.issue();
  EXPECT_TRUE(shake(server, client_options(pki_, revoked)).client.verified);  // no list
  server.crl_file = pki_.revoke({revoked});
  const auto seen = shake(server, client_options(pki_, revoked));
  EXPECT_FALSE(seen.client.verified);
  EXPECT_EQ(seen.client.verify_message, "certificate revoked");
  EXPECT_TRUE(shake(server, client_options(pki_, client_)).client.verified);
}

TEST_F(Verify, PardonsAnAuthorityWithoutAList) {
  Options server = server_options(pki_, server_);
  server.crl_file = stranger_.revoke({});
  EXPECT_TRUE(shake(server, client_options(pki_, client_)).client.verified);
  // But a later fault of the same chain still counts.
  const auto expired = pki_.issue({.ends = std::chrono::seconds(-60)});
  EXPECT_EQ(shake(server, client_options(pki_, expired)).client.verify_message,
            "certificate has expired");
}

TEST_F(Verify, DoesNotPardonAnOldList) {
  Options server = server_options(pki_, server_);
  server.crl_file = pki_.revoke({}, std::chrono::seconds(-60));
  EXPECT_EQ(shake(server, client_options(pki_, client_)).client.verify_message, "CRL has expired");
}

}  // namespace
}  // namespace signet::tls
