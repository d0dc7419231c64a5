// Settings of one session on top of its context's.
#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

class SessionSettings : public testing::Test {
 protected:
  static SessionOptions with(Settings settings) {
    return {.server_name = {}, .resumption_key = {}, .settings = std::move(settings)};
  }
  test::TestPki pki_;
  ContextPtr server_ = make(server_options(pki_, pki_.issue()));
  ContextPtr client_ = make(client_options(pki_, pki_.issue()));
};

TEST_F(SessionSettings, RestrictVersionAndCiphers) {
  Settings settings;
  settings.ssl_options = *parse_ssl_options("+SSL_OP_NO_TLSv1_3, 0x0");
  settings.cipher_list = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
  ASSERT_FALSE(try_settings(*client_, settings));
  Pair pair(server_, client_, with(settings));
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_EQ(pair.client.peer().version, "TLSv1.2");
  EXPECT_EQ(pair.client.peer().cipher_bits, 128);
}

TEST_F(SessionSettings, ShowAnotherCertificate) {
  const auto other = pki_.issue({.subject = {{"CN", "other.test"}}});
  Settings settings;
  settings.key_pair = KeyPair{other.certificate_file, other.key_file};
  ASSERT_FALSE(try_settings(*client_, settings));
  Pair pair(server_, client_, with(settings));
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_EQ(pair.server.peer().subject_cn, "other.test");
}

TEST_F(SessionSettings, ThatCannotBeHadAreFoundBeforeAndFailTheHandshake) {
  Settings no_ciphers;
  no_ciphers.cipher_list = "NOPE";
  Settings no_suites;
  no_suites.cipher_suites = "NOPE";
  Settings no_files;
  no_files.key_pair = KeyPair{"/nonexistent.pem", "/nonexistent.key"};
  const auto one = pki_.issue();
  const auto two = pki_.issue();
  Settings mismatch;
  mismatch.key_pair = KeyPair{one.certificate_file, two.key_file};
  const struct {
    Settings settings;
    std::string_view reason;
  } cases[] = {
      {no_ciphers, "SSL_set_cipher_list(NOPE) failed"},
      {no_suites, "SSL_set_ciphersuites(NOPE) failed"},
      {no_files, "file /nonexistent.pem unsafe: No such file or directory"},
  };
  for (const auto& [settings, reason] : cases) {
    const auto failure = try_settings(*client_, settings);
    ASSERT_TRUE(failure) << reason;
    EXPECT_EQ(failure->reason, reason);
    Session session(client_, with(settings));
    EXPECT_EQ(session.handshake(), Progress::failed);
    EXPECT_EQ(session.failure().reason, reason);
    EXPECT_TRUE(session.output().empty());
  }
  const auto failure = try_settings(*client_, mismatch);
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->reason.find("key does not match the certificate"), std::string::npos);
}

TEST_F(SessionSettings, MayWantARevocationListOfEveryAuthority) {
  Settings settings;
  settings.crl_required = true;
  Pair pair(server_, client_, with(settings));
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_FALSE(pair.client.peer().verified);
  EXPECT_EQ(pair.client.peer().verify_message, "unable to get certificate CRL");
}

TEST(SslOptions, NameWhatIsNone) {
  EXPECT_EQ(parse_ssl_options("-SSL_OP_ALL +SSL_OP_NO_TICKET 0x400 4")->size(), 4U);
  EXPECT_EQ(parse_ssl_options("SSL_OP_ALL SSL_OP_NONE_SUCH").error().what,
            "SSL_OP not found: SSL_OP_NONE_SUCH");
  EXPECT_FALSE(parse_ssl_options("- ").has_value());
  EXPECT_TRUE(parse_ssl_options("")->empty());
}

}  // namespace
}  // namespace signet::tls
