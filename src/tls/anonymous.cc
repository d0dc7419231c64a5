#include "tls/anonymous.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::tls {
namespace {

constexpr int kEnoughBits = 112;  // a weaker anonymous suite stays forbidden

using Judge = int (*)(const SSL*, const SSL_CTX*, int operation, int bits, int nid, void* other,
                      void* extra);

bool about_cipher(int operation) {
  return operation == SSL_SECOP_CIPHER_SUPPORTED || operation == SSL_SECOP_CIPHER_SHARED ||
         operation == SSL_SECOP_CIPHER_CHECK;
}

// OpenSSL's own judge; the same function in every context, so one static copy serves all.
Judge default_judge = nullptr;

int judge(const SSL* ssl, const SSL_CTX* context, int operation, int bits, int nid, void* other,
          void* extra) noexcept {
  if (about_cipher(operation) && bits >= kEnoughBits &&
      SSL_CIPHER_get_auth_nid(static_cast<const SSL_CIPHER*>(other)) == NID_auth_null) {
    return 1;
  }
  return default_judge(ssl, context, operation, bits, nid, other, extra);
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

void allow_anonymous(SSL_CTX* context) {
  if (const auto current = SSL_CTX_get_security_callback(context); current != &judge) {
    default_judge = current;
  }
  SSL_CTX_set_security_callback(context, &judge);
}

}  // namespace signet::tls
