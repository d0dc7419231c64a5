// OpenSSL's handles with owners, and its error queue as text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

namespace signet::tls {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeWith<&SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, FreeWith<&SSL_free>>;
using SslSession = std::unique_ptr<SSL_SESSION, FreeWith<&SSL_SESSION_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<&X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
inline void free_bio(BIO* bio) { BIO_free_all(bio); }
using Bio = std::unique_ptr<BIO, FreeWith<&free_bio>>;

struct Errors {
  std::string reason;              // of the first entry: "wrong version number"
  std::vector<std::string> lines;  // sendmail's form: "error:0A00010B:SSL routines::...:file:line:"
};
// Empties the queue of this thread.
[[nodiscard]] Errors take_errors();

}  // namespace signet::tls
