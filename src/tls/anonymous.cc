#include "tls/anonymous.h"

#include <algorithm>

#include "signet/base/check.h"
#include "signet/base/text.h"
#include "tls/openssl.h"

namespace signet::tls {
namespace {

constexpr int kEnoughBits = 112;  // a weaker anonymous suite stays forbidden

inline void free_ciphers(STACK_OF(SSL_CIPHER) * ciphers) { sk_SSL_CIPHER_free(ciphers); }
using Ciphers = std::unique_ptr<STACK_OF(SSL_CIPHER), FreeWith<&free_ciphers>>;

using Judge = int (*)(const SSL*, const SSL_CTX*, int operation, int bits, int nid, void* other,
                      void* extra);

bool about_cipher(int operation) {
  return operation == SSL_SECOP_CIPHER_SUPPORTED || operation == SSL_SECOP_CIPHER_SHARED ||
         operation == SSL_SECOP_CIPHER_CHECK;
}

// OpenSSL's own judge, the same function in every new context.
Judge default_judge() {
  static const Judge judge = [] {
    const SslContext fresh(SSL_CTX_new(TLS_method()));
    SIGNET_CHECK(fresh != nullptr);
    return SSL_CTX_get_security_callback(fresh.get());
  }();
  return judge;
}

bool is_anonymous(const SSL_CIPHER* cipher) {
  return SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null;
}

int judge(const SSL* ssl, const SSL_CTX* context, int operation, int bits, int nid, void* other,
          void* extra) noexcept {
  if (about_cipher(operation) && bits >= kEnoughBits &&
      is_anonymous(static_cast<const SSL_CIPHER*>(other))) {
    return 1;
  }
  return default_judge()(ssl, context, operation, bits, nid, other, extra);
}

}  // namespace

bool asks_for_anonymous(std::string_view cipher_list) {
  return std::ranges::any_of(words(cipher_list, ":, ;"), [](std::string_view word) {
    if (word.front() == '!' || word.front() == '-') return false;
    return word.find("ADH") != std::string_view::npos ||
           word.find("AECDH") != std::string_view::npos ||
           word.find("aNULL") != std::string_view::npos;
  });
}

bool offers_anonymous(SSL_CTX* context) {
  const SslHandle probe(SSL_new(context));
  const Ciphers ciphers(probe ? SSL_get1_supported_ciphers(probe.get()) : nullptr);
  for (int i = 0; ciphers && i < sk_SSL_CIPHER_num(ciphers.get()); ++i) {
    if (is_anonymous(sk_SSL_CIPHER_value(ciphers.get(), i))) return true;
  }
  return false;
}

void allow_anonymous(SSL_CTX* context) {
  (void)default_judge();  // found now, not in a handshake
  SSL_CTX_set_security_callback(context, &judge);
}

}  // namespace signet::tls
