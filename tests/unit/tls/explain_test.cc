// Why a certificate did not verify: each cause with what to do about it.
#include "tls/explain.h"

#include <openssl/x509_vfy.h>

#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

ChainEntry entry(std::string subject, std::string issuer) {
  ChainEntry one;
  one.subject = std::move(subject);
  one.issuer = std::move(issuer);
  one.issuer_file = "1a2b3c4d.0";
  one.not_before = 1'700'000'000;
  one.not_after = 4'000'000'000;
  one.self_signed = one.subject == one.issuer;
  return one;
}

TEST(Explain, NamesCauseAndRemedy) {
  const auto leaf = entry("/CN=mx", "/CN=Mid");
  const auto middle = entry("/CN=Mid", "/CN=Root");
  const auto root = entry("/CN=Root", "/CN=Root");
  const auto alone = entry("/CN=mx", "/CN=mx");
  auto expired = middle;
  expired.not_after = 1'710'000'000;
  auto future = leaf;
  future.not_before = 3'900'000'000;
  const struct {
    long code;
    std::vector<ChainEntry> chain;
    Role role;
    std::string_view cause;
    std::string_view remedy;
  } cases[] = {
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
       {leaf},
       Role::client,
       "the server sent no intermediate, and /CN=Mid is no CA known here",
       "the server must send the certificate of /CN=Mid; or, if you trust that, add the "
       "certificate "
       "of /CN=Mid to confCACERT_PATH as 1a2b3c4d.0"},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
       {leaf, middle},
       Role::server,
       "the CA /CN=Root is not in confCACERT or confCACERT_PATH",
       "if you trust it, add the certificate of /CN=Root to confCACERT_PATH as 1a2b3c4d.0"},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
       {leaf, middle, root},
       Role::client,
       "the CA /CN=Root is not in confCACERT or confCACERT_PATH",
       "if you trust it, add the certificate of /CN=Root to confCACERT_PATH as 1a2b3c4d.0"},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
       {alone},
       Role::server,
       "the certificate /CN=mx is signed by nobody but itself",
       "if you trust it, add the certificate of /CN=mx to confCACERT_PATH as 1a2b3c4d.0; or the "
       "client must get one from a CA"},
      {X509_V_ERR_CERT_HAS_EXPIRED,
       {leaf, expired},
       Role::client,
       "the certificate /CN=Mid expired on 2024-03-09",
       "the server must renew it"},
      {X509_V_ERR_CERT_NOT_YET_VALID,
       {future},
       Role::client,
       "the certificate /CN=mx is not valid before 2093-08-01",
       "compare the clocks of both hosts; else the server must wait or use another one"},
      {X509_V_ERR_INVALID_PURPOSE,
       {leaf},
       Role::server,
       "the certificate /CN=mx was not made for clients",
       "the client must use one whose extendedKeyUsage names clientAuth, or names none"},
      {X509_V_ERR_CERT_REVOKED,
       {leaf},
       Role::client,
       "the certificate /CN=mx was revoked by /CN=Mid",
       "the server must use another one"},
  };
  for (const auto& one : cases) {
    const auto explanation = explain(one.code, one.chain, one.role);
    EXPECT_EQ(explanation.cause, one.cause);
    EXPECT_EQ(explanation.remedy, one.remedy) << one.cause;
  }
  EXPECT_EQ(explain(X509_V_ERR_INVALID_CA, {leaf}, Role::client).cause, "invalid CA certificate");
  EXPECT_EQ(explain(X509_V_ERR_INVALID_CA, {}, Role::client).remedy, "");
}

TEST(Explain, PutsFailedHandshakesIntoPlainWords) {
  const struct {
    std::string_view reason;
    std::string_view cause;
  } cases[] = {
      {"wrong version number", "the other side does not speak TLS here"},
      {"http request", "the other side does not speak TLS here"},
      {"tlsv1 alert protocol version", "no version of TLS in common"},
      {"unsupported protocol", "no version of TLS in common"},
      {"no shared cipher", "no cipher in common"},
      {"sslv3 alert handshake failure", "no cipher in common"},
      {"tlsv1 alert unknown ca", "the other side does not accept our certificate"},
      {"sslv3 alert certificate expired", "the other side does not accept our certificate"},
      {"unexpected eof while reading", "the other side hung up in the middle of the handshake"},
      {"timeout", "the other side was silent in the middle of the handshake"},
      {"what nobody ever saw", ""},
  };
  for (const auto& [reason, cause] : cases) {
    for (const auto role : {Role::server, Role::client}) {
      EXPECT_EQ(explain_failure(reason, role).cause, cause);
      EXPECT_EQ(explain_failure(reason, role).remedy.empty(), cause.empty());
    }
  }
}

TEST(Explain, IsPartOfWhatAHandshakeProved) {
  test::TestPki known;
  test::TestPki stranger{{{"CN", "Other CA"}}};
  Pair pair(make(server_options(known, stranger.issue())), make(client_options(known)));
  ASSERT_TRUE(pair.shake_hands());
  const auto peer = pair.client.peer();
  EXPECT_FALSE(peer.verified);
  EXPECT_NE(peer.explanation.cause.find("CN=Other CA"), std::string::npos)
      << peer.explanation.cause;
  ASSERT_FALSE(pair.client.chain().empty());
  EXPECT_EQ(pair.client.chain().front().issuer, "/CN=Other CA");
  EXPECT_TRUE(pair.server.chain().empty());
}

}  // namespace
}  // namespace signet::tls
