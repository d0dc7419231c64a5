// Anonymous suites, Diffie-Hellman parameters: what TLS 1.2 can do beside certificates.
#include "tls/anonymous.h"

#include <openssl/pem.h>

#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

class Anonymous : public testing::Test {
 protected:
  Anonymous() {
    server_.key_pairs.clear();
    server_.require_key_pair = false;
  }
  std::string cipher(const Options& server, const Options& client) {
    Pair pair(make(server), make(client));
    if (!pair.shake_hands()) return pair.server.failure().reason;
    return pair.server.peer().cipher;
  }
  static bool is_anonymous(const std::string& cipher) {
    return cipher.starts_with("ADH-") || cipher.starts_with("AECDH-");
  }

  test::TestPki pki_;
  test::CertificateFiles own_ = pki_.issue();
  Options server_ = server_options(pki_, own_);
  Options client_ = client_options(pki_);
};

TEST_F(Anonymous, IsAskedForByName) {
  struct {
    const char* list;
    bool asks;
  } const cases[] = {
      {"", false},           {"DEFAULT", false},    {"ALL", false},
      {"ALL:!aNULL", false}, {"ALL:-ADH", false},   {"ALL:ADH:@STRENGTH", true},
      {"ADH", true},         {"aNULL:HIGH", true},  {"HIGH, aNULL", true},
      {"kDHE+aNULL", true},  {"+aNULL:HIGH", true}, {"AECDH-AES256-SHA", true},
  };
  for (const auto& one : cases) EXPECT_EQ(asks_for_anonymous(one.list), one.asks) << one.list;
}

TEST_F(Anonymous, ServesWithoutACertificate) {
  for (const char* list : {"ALL:ADH:@STRENGTH", "aNULL", "ADH", "HIGH:aNULL"}) {
    server_.cipher_list = client_.cipher_list = list;
    EXPECT_TRUE(is_anonymous(cipher(server_, client_))) << cipher(server_, client_);
  }
  Pair pair(make(server_), make(client_));
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_EQ(pair.client.peer().version, "TLSv1.2");
  EXPECT_FALSE(pair.client.peer().certificate_presented);
  EXPECT_FALSE(pair.client.peer().verified);
  EXPECT_GE(pair.client.peer().cipher_bits, 128);
}

TEST_F(Anonymous, MustBeWantedByBothSides) {
  server_.cipher_list = "ALL:ADH:@STRENGTH";
  EXPECT_EQ(cipher(server_, client_), "no shared cipher");
  client_.cipher_list = "ALL";
  EXPECT_EQ(cipher(server_, client_), "no shared cipher");
}

TEST_F(Anonymous, IsNoPlaceForWeakSuites) {
  server_.cipher_list = client_.cipher_list = "aNULL:eNULL:LOW";
  EXPECT_TRUE(is_anonymous(cipher(server_, client_)));
  server_.cipher_list = client_.cipher_list = "AECDH-NULL-SHA:AECDH-DES-CBC3-SHA";
  const auto made = make_context(server_);
  EXPECT_EQ(made.context, nullptr);
}

TEST_F(Anonymous, WithoutItAServerNeedsACertificate) {
  auto made = make_context(server_);
  EXPECT_EQ(made.context, nullptr);
  ASSERT_EQ(made.complaints.size(), 1U);
  EXPECT_EQ(made.complaints[0].reason, "no certificate, and no anonymous suites in CipherList");
  // A pair that cannot be used is none.
  server_.key_pairs = {{own_.certificate_file, "/none"}};
  made = make_context(server_);
  EXPECT_EQ(made.context, nullptr);
  EXPECT_EQ(made.complaints.size(), 2U);
  server_.cipher_list = "ADH";
  made = make_context(server_);
  EXPECT_NE(made.context, nullptr);
  EXPECT_EQ(made.complaints.size(), 1U);
}

TEST_F(Anonymous, ComesSecondToACertificate) {
  server_.key_pairs = {{own_.certificate_file, own_.key_file}};
  server_.cipher_list = client_.cipher_list = "ALL:ADH:@STRENGTH";
  Pair pair(make(server_), at_most_tls_1_2(make(client_)));
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_TRUE(pair.client.peer().verified);
}

TEST_F(Anonymous, UsesTheDiffieHellmanParametersOfTheSite) {
  const auto& folder = pki_.folder();
  const std::string file = folder / "dh.pem";
  {
    const Bio out(BIO_new_file(file.c_str(), "w"));
    PrivateKey group(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));  // not a DH group
    ASSERT_TRUE(group);
    ASSERT_EQ(
        PEM_write_bio_PrivateKey(out.get(), group.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  }
  struct {
    std::string wish;
    const char* complaint;
    bool works;
  } const cases[] = {
      {"", "", true},
      {"i", "", true},
      {"1", "", true},
      {"2", "", true},
      {"n", "", false},
      {"5", "illegal value '5' for DHParameters", true},
      {folder / "none.pem", "No such file or directory", true},
      {file, "no Diffie-Hellman parameters in PEM form", true},
  };
  client_.cipher_list = server_.cipher_list = "ADH";
  for (const auto& one : cases) {
    server_.dh_parameters = one.wish;
    auto made = make_context(server_);
    ASSERT_NE(made.context, nullptr);
    EXPECT_EQ(made.complaints.empty() ? "" : made.complaints[0].reason, one.complaint);
    Pair pair(made.context, make(client_));
    EXPECT_EQ(pair.shake_hands(), one.works) << one.wish;
  }
}

}  // namespace
}  // namespace signet::tls
