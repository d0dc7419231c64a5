// Peers that do what our own sessions never do: a bare OpenSSL client against our server.
#include <openssl/bio.h>

#include "unit/tls/pair.h"

namespace signet::tls {
namespace {

class RawClient final {
 public:
  RawClient() : ssl_(SSL_new(context_.get())) {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

  // Runs the handshake to its end; gives what the server made of it.
  Progress shake_hands(Session& server) {
    Progress progress = Progress::want_more;
    std::string heard;
    for (int round = 0; round < 10; ++round) {
      (void)SSL_do_handshake(ssl());
      carry_to(server);
      if (progress == Progress::want_more) progress = server.handshake();
      if (progress == Progress::done) (void)server.read(heard);
      carry_from(server);
    }
    return progress;
  }
  void carry_to(Session& server) {
    char* bytes = nullptr;
    BIO* out = SSL_get_wbio(ssl());
    const long size = BIO_get_mem_data(out, &bytes);
    if (size > 0) server.feed({bytes, static_cast<std::size_t>(size)});
    (void)BIO_reset(out);
  }
  void carry_from(Session& server) {
    const auto bytes = server.output();
    BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(bytes.size()));
    server.sent(bytes.size());
  }

 private:
  SslContext context_{SSL_CTX_new(TLS_client_method())};
  SslHandle ssl_;
};

class RawPeer : public testing::Test {
 protected:
  test::TestPki pki_;
  ContextPtr context_ = make(server_options(pki_, pki_.issue()));
  Session server_{context_, {}};
  RawClient client_;
};

TEST_F(RawPeer, MayNotRenegotiate) {
  SSL_set_max_proto_version(client_.ssl(), TLS1_2_VERSION);
  ASSERT_EQ(client_.shake_hands(server_), Progress::done);
  ASSERT_EQ(SSL_renegotiate(client_.ssl()), 1);
  (void)SSL_do_handshake(client_.ssl());
  client_.carry_to(server_);
  std::string heard;
  EXPECT_NE(server_.read(heard), Progress::done);
  EXPECT_TRUE(heard.empty());
  client_.carry_from(server_);
  EXPECT_NE(SSL_do_handshake(client_.ssl()), 1);
  EXPECT_EQ(take_errors().reason, "no renegotiation");
}

TEST_F(RawPeer, MustSpeakTls12OrLater) {
  SSL_set_security_level(client_.ssl(), 0);
  SSL_set_min_proto_version(client_.ssl(), TLS1_VERSION);
  SSL_set_max_proto_version(client_.ssl(), TLS1_1_VERSION);
  EXPECT_EQ(client_.shake_hands(server_), Progress::failed);
  EXPECT_EQ(server_.failure().reason, "unsupported protocol");
}

TEST_F(RawPeer, MayNotUseWeakCiphers) {
  SSL_set_security_level(client_.ssl(), 0);
  SSL_set_max_proto_version(client_.ssl(), TLS1_2_VERSION);
  ASSERT_EQ(SSL_set_cipher_list(client_.ssl(), "aNULL:eNULL:3DES:RC4:EXPORT"), 1);
  EXPECT_EQ(client_.shake_hands(server_), Progress::failed);
  EXPECT_EQ(server_.failure().reason, "no shared cipher");
}

TEST_F(RawPeer, MayNameAnyHost) {
  for (const std::string& name :
       {std::string("mx.test"), std::string("a\\"), std::string("../../etc"),
        std::string("\xff\xfe"), std::string(255, 'a')}) {
    Session server(context_, {});
    RawClient client;
    ASSERT_EQ(SSL_set_tlsext_host_name(client.ssl(), name.c_str()), 1);
    EXPECT_EQ(client.shake_hands(server), Progress::done) << name;
  }
}

TEST_F(RawPeer, MayUpdateItsKeysAndGoOn) {
  ASSERT_EQ(client_.shake_hands(server_), Progress::done);
  std::string heard;
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(SSL_key_update(client_.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_write(client_.ssl(), "x", 1), 1);
    client_.carry_to(server_);
    ASSERT_EQ(server_.read(heard), Progress::want_more);
  }
  EXPECT_EQ(heard, std::string(50, 'x'));
  constexpr std::size_t kOneAnswerEach = 50 * 64;
  EXPECT_LE(server_.output().size(), kOneAnswerEach);
}

TEST_F(RawPeer, GetsNoEarlyData) {
  ASSERT_EQ(client_.shake_hands(server_), Progress::done);
  EXPECT_EQ(SSL_SESSION_get_max_early_data(SSL_get_session(client_.ssl())), 0U);
}

TEST_F(RawPeer, SeesWhoseCertificatesAreWanted) {
  SSL_set_max_proto_version(client_.ssl(), TLS1_2_VERSION);
  ASSERT_EQ(client_.shake_hands(server_), Progress::done);
  const auto* names = SSL_get0_peer_CA_list(client_.ssl());
  ASSERT_EQ(sk_X509_NAME_num(names), 1);
}

}  // namespace
}  // namespace signet::tls
