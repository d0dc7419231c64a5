#include "signet/tls/context.h"

#include <sys/stat.h>

#include <openssl/pem.h>

#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

class ContextTest : public testing::Test {
 protected:
  // The one complaint, as "reason" or "FATAL reason".
  static std::string complaint_of(const Made& made) {
    if (made.complaints.empty()) return "none";
    EXPECT_EQ(made.complaints.size(), 1U) << made.complaints.back().reason;
    const Complaint& first = made.complaints.front();
    EXPECT_EQ(made.context == nullptr, first.fatal);
    EXPECT_FALSE(first.remedy.empty());
    return (first.fatal ? "FATAL " : "") + first.reason;
  }
  std::string complaint_of(const Options& options) { return complaint_of(make_context(options)); }
  // The cipher that the server and a client of TLS 1.2 agree on.
  std::string cipher(const Options& server, const std::string& of_client = {}) {
    Options client = client_options(pki_);
    client.cipher_list = of_client;
    auto made = make_context(server);
    if (!made.context) return "no context";
    Pair pair(std::move(made.context), at_most_tls_1_2(make(client)));
    return pair.shake_hands() ? pair.client.peer().cipher : pair.server.failure().reason;
  }

  test::TestPki pki_;
  test::CertificateFiles own_ = pki_.issue();
  Options server_ = server_options(pki_, own_);
};

TEST_F(ContextTest, NeedsAKeyPairForAServer) {
  EXPECT_EQ(complaint_of(server_), "none");
  server_.key_pairs.clear();
  EXPECT_EQ(complaint_of(server_), "FATAL no certificate");
  Options client = client_options(pki_);
  EXPECT_EQ(complaint_of(client), "none");
}

TEST_F(ContextTest, TellsWhatIsWrongWithAKeyPair) {
  const auto& folder = pki_.folder();
  const std::string junk = folder.write("junk.pem", "junk\n");
  ASSERT_EQ(chmod(junk.c_str(), 0600), 0);
  const auto other = pki_.issue();
  const auto other_kind = pki_.issue({.key = test::KeyKind::rsa});
  const auto open_key = pki_.issue();
  ASSERT_EQ(chmod(open_key.key_file.c_str(), 0644), 0);
  struct {
    KeyPair pair;
    const char* reason;
  } const cases[] = {
      {{folder / "none.pem", own_.key_file}, "FATAL No such file or directory"},
      {{own_.certificate_file, folder / "none.key"}, "FATAL No such file or directory"},
      {{own_.certificate_file, other.key_file}, "FATAL key does not match the certificate"},
      {{own_.certificate_file, other_kind.key_file}, "FATAL key does not match the certificate"},
      {{junk, own_.key_file}, "FATAL no certificate in PEM form: no start line"},
      {{own_.certificate_file, junk}, "FATAL no private key in PEM form: unsupported"},
      {{open_key.certificate_file, open_key.key_file}, "FATAL World readable file"},
  };
  for (const auto& one : cases) {
    server_.key_pairs = {one.pair};
    EXPECT_EQ(complaint_of(server_), one.reason) << one.pair.certificate_file << one.pair.key_file;
    Options client = client_options(pki_);
    client.key_pairs = {one.pair};
    EXPECT_EQ(complaint_of(client), one.reason);
  }
}

TEST_F(ContextTest, DoesNotAskForThePassphraseOfAKey) {
  const std::string path = pki_.folder() / "locked.key";
  const PrivateKey key(EVP_EC_gen("P-256"));
  const Bio file(BIO_new_file(path.c_str(), "w"));
  const auto* phrase = reinterpret_cast<const unsigned char*>("secret");
  ASSERT_EQ(PEM_write_bio_PrivateKey(file.get(), key.get(), EVP_aes_128_cbc(), phrase, 6, nullptr,
                                     nullptr),
            1);
  ASSERT_EQ(BIO_flush(file.get()), 1);
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  server_.key_pairs = {{own_.certificate_file, path}};
  EXPECT_NE(complaint_of(server_).find("FATAL no private key in PEM form"), std::string::npos);
}

TEST_F(ContextTest, TakesKeysFromWhoeverMayReadThem) {
  const auto text = read_key_file(own_.key_file, kInTmp);
  ASSERT_TRUE(text.text);
  std::vector<std::string> asked;
  server_.read_key = [&](const std::string& path) -> Result<Secret> {
    asked.push_back(path);
    return *text.text;
  };
  server_.key_pairs = {{own_.certificate_file, "/not/for/us.key"}};
  EXPECT_EQ(complaint_of(server_), "none");
  EXPECT_EQ(asked, std::vector<std::string>{"/not/for/us.key"});
  server_.read_key = [](const std::string&) -> Result<Secret> { return permanent("no such key"); };
  EXPECT_EQ(complaint_of(server_), "FATAL no such key");
}

TEST_F(ContextTest, GivesTheTextOfASafeKeyOnly) {
  const auto good = read_key_file(own_.key_file, kInTmp);
  ASSERT_TRUE(good.text);
  EXPECT_EQ(good.text->reveal(), test::read_file(own_.key_file));
  ASSERT_EQ(chmod(own_.key_file.c_str(), 0640), 0);
  const auto bad = read_key_file(own_.key_file, kInTmp);
  EXPECT_FALSE(bad.text);
  EXPECT_EQ(bad.complaint.reason, "Group readable file");
  EXPECT_EQ(bad.complaint.remedy, "chmod 0600 " + own_.key_file);
}

TEST_F(ContextTest, ServesSeveralKindsOfCertificates) {
  const auto rsa = pki_.issue({.key = test::KeyKind::rsa});
  server_.key_pairs.push_back({rsa.certificate_file, rsa.key_file});
  EXPECT_EQ(cipher(server_, "ECDHE-ECDSA-AES256-GCM-SHA384"), "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(cipher(server_, "ECDHE-RSA-AES256-GCM-SHA384"), "ECDHE-RSA-AES256-GCM-SHA384");
}

TEST_F(ContextTest, IgnoresABadCipherListAndKeepsItsOwn) {
  server_.cipher_list = "NO-SUCH-CIPHER";
  EXPECT_EQ(complaint_of(server_), "SSL_CTX_set_cipher_list(NO-SUCH-CIPHER) failed, list ignored");
  EXPECT_EQ(cipher(server_), "ECDHE-ECDSA-AES256-GCM-SHA384");
  server_.cipher_list.clear();
  server_.cipher_suites = "NO_SUCH_SUITE";
  EXPECT_EQ(complaint_of(server_),
            "SSL_CTX_set_ciphersuites(NO_SUCH_SUITE) failed, suites ignored");
}

TEST_F(ContextTest, UsesTheCiphersItIsTold) {
  server_.cipher_list = "ECDHE-ECDSA-AES128-GCM-SHA256";
  EXPECT_EQ(cipher(server_), "ECDHE-ECDSA-AES128-GCM-SHA256");
  server_.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256";
  Pair pair(make(server_), make(client_options(pki_)));
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_EQ(pair.server.peer().cipher, "TLS_CHACHA20_POLY1305_SHA256");
}

TEST_F(ContextTest, SetsAndClearsTheOptionsOfOpenSsl) {
  const auto bits = [&](std::vector<SslOption> options) {
    server_.ssl_options = std::move(options);
    const auto context = make(server_);
    return context ? SSL_CTX_get_options(context->core().ssl.get()) : 0;
  };
  EXPECT_EQ(bits({}) & SSL_OP_NO_TLSv1_3, 0U);
  EXPECT_NE(bits({}) & SSL_OP_CIPHER_SERVER_PREFERENCE, 0U);
  EXPECT_NE(bits({{"SSL_OP_NO_TLSv1_3", true}}) & SSL_OP_NO_TLSv1_3, 0U);
  EXPECT_NE(bits({{"0x4000", true}}) & 0x4000U, 0U);
  EXPECT_NE(bits({{"16384", true}}) & 0x4000U, 0U);
  EXPECT_EQ(bits({{"SSL_OP_NO_TLSv1_3", true}, {"SSL_OP_NO_TLSv1_3", false}}) & SSL_OP_NO_TLSv1_3,
            0U);
  EXPECT_EQ(bits({{"SSL_OP_CIPHER_SERVER_PREFERENCE", false}}) & SSL_OP_CIPHER_SERVER_PREFERENCE,
            0U);
  EXPECT_NE(bits({{"SSL_OP_NO_RENEGOTIATION", false}}) & SSL_OP_NO_RENEGOTIATION, 0U);
}

TEST_F(ContextTest, TurnsTlsOffWhenTheFingerprintIsUnknown) {
  server_.fingerprint_algorithm = "sha256";
  EXPECT_EQ(complaint_of(server_), "none");
  server_.fingerprint_algorithm = "md6";
  EXPECT_EQ(complaint_of(server_), "FATAL CertFingerprintAlgorithm=md6, status=invalid");
}

TEST_F(ContextTest, OffersTlsWithoutAuthoritiesButNotWithUnsafeOnes) {
  server_.ca_file.clear();
  EXPECT_EQ(complaint_of(server_), "none");
  server_.ca_file = pki_.folder() / "none.pem";
  EXPECT_EQ(complaint_of(server_), "No such file or directory");
  server_.ca_file = pki_.folder().write("empty.pem", "");
  EXPECT_EQ(complaint_of(server_), "load verify locs failed: no certificates in PEM form");
  ASSERT_EQ(chmod(pki_.ca_file().c_str(), 0666), 0);
  server_.ca_file = pki_.ca_file();
  EXPECT_EQ(complaint_of(server_), "FATAL World writable file");
  EXPECT_EQ(complaint_of(client_options(pki_)), "World writable file");
  server_.ca_file.clear();
  server_.ca_path = pki_.folder() / "none";
  EXPECT_EQ(complaint_of(server_), "No such file or directory");
}

TEST_F(ContextTest, SaysThatARevocationListIsBadAndGoesOn) {
  server_.crl_file = pki_.folder() / "none.crl";
  EXPECT_EQ(complaint_of(server_), "No such file or directory");
  server_.crl_file = pki_.folder().write("junk.crl", "junk");
  EXPECT_EQ(complaint_of(server_), "PEM_read_bio_X509_CRL failed");
  server_.crl_file = pki_.revoke({});
  EXPECT_EQ(complaint_of(server_), "none");
  ASSERT_EQ(chmod(server_.crl_file.c_str(), 0666), 0);
  EXPECT_EQ(complaint_of(server_), "World writable file");
}

}  // namespace
}  // namespace signet::tls
