#include "signet/tls/examine.h"

#include <memory>

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "signet/base/text.h"
#include "tls/context_core.h"
#include "tls/explain.h"
#include "tls/openssl.h"
#include "tls/peer_certificate.h"
#include "tls/verify.h"

namespace signet::tls {
namespace {

inline void free_certificates(STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }
using Certificates = std::unique_ptr<STACK_OF(X509), FreeWith<&free_certificates>>;
using Check = std::unique_ptr<X509_STORE_CTX, FreeWith<&X509_STORE_CTX_free>>;

Result<Certificates> read_certificates(const std::string& file) {
  const Bio bio(BIO_new_file(file.c_str(), "r"));
  if (!bio) {
    (void)take_errors();
    return permanent(printable(file) + ": cannot be read");
  }
  Certificates all(sk_X509_new_null());
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (sk_X509_push(all.get(), one) <= 0) X509_free(one);
  }
  (void)take_errors();  // the end of the file is one
  if (sk_X509_num(all.get()) == 0)
    return permanent(printable(file) + ": no certificate in PEM form");
  return all;
}

}  // namespace

Result<Peer> examine(const Context& server, const std::string& file) {
  auto all = read_certificates(file);
  if (!all) return std::unexpected(std::move(all).error());
  X509* leaf = sk_X509_value(all->get(), 0);
  const auto& core = server.core();
  const Check check(X509_STORE_CTX_new());
  if (!check || X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(core.ssl.get()), leaf,
                                    all->get()) != 1) {
    return permanent("OpenSSL: " + take_errors().reason);
  }
  X509_STORE_CTX_set_default(check.get(), "ssl_client");
  Peer peer;
  peer.certificate_presented = true;
  peer.verify_code = verify_recorded(check.get());
  peer.verified = peer.verify_code == X509_V_OK;
  peer.verify_message = X509_verify_cert_error_string(peer.verify_code);
  describe(leaf, core.fingerprint, peer);
  peer.fingerprint_by_wish = core.fingerprint_by_wish;
  if (!peer.verified) {
    std::vector<ChainEntry> chain;
    for (int i = 0; i < sk_X509_num(all->get()); ++i) {
      chain.push_back(entry_of(sk_X509_value(all->get(), i)));
    }
    peer.explanation = explain(peer.verify_code, chain, Role::server);
  }
  return peer;
}

Result<ChainEntry> read_certificate(const std::string& file) {
  const auto all = read_certificates(file);
  if (!all) return std::unexpected(all.error());
  return entry_of(sk_X509_value(all->get(), 0));
}

}  // namespace signet::tls
