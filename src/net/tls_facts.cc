#include "signet/net/tls_facts.h"

#include "signet/base/text.h"

namespace signet::net {
namespace {

mail::Verify verify_of(const tls::Peer& peer, tls::Role role) {
  using mail::Verify;
  if (peer.certificate_presented) return peer.verified ? Verify::ok : Verify::fail;
  // A server without certificate is an anonymous suite; a client without one was asked or not.
  if (role == tls::Role::client || peer.certificate_requested) return Verify::no;
  return Verify::not_;
}

}  // namespace

mail::TlsFacts to_facts(const tls::Peer& peer, tls::Role role) {
  mail::TlsFacts facts;
  facts.verify = verify_of(peer, role);
  facts.version = peer.version;
  facts.cipher = peer.cipher;
  facts.cipher_bits = peer.cipher_bits;
  facts.algorithm_bits = peer.algorithm_bits;
  facts.cert_subject = xtext_encode(peer.subject);
  facts.cert_issuer = xtext_encode(peer.issuer);
  facts.cn_subject = xtext_encode(peer.subject_cn);
  facts.cn_issuer = xtext_encode(peer.issuer_cn);
  facts.fingerprint = peer.fingerprint;
  facts.fingerprint_by_wish = peer.fingerprint_by_wish;
  facts.alt_names = peer.dns_names;
  facts.verify_message = peer.verify_message;
  facts.cause = peer.explanation.cause;
  facts.remedy = peer.explanation.remedy;
  facts.resumed = peer.resumed;
  return facts;
}

Result<tls::Settings> to_settings(const mail::TlsSettings& wanted) {
  auto options = tls::parse_ssl_options(wanted.options);
  if (!options) return std::unexpected(std::move(options).error());
  tls::Settings settings;
  settings.ssl_options = std::move(*options);
  settings.cipher_list = wanted.cipher_list;
  settings.cipher_suites = wanted.cipher_suites;
  if (!wanted.certificate_file.empty()) {
    settings.key_pair = tls::KeyPair{wanted.certificate_file, wanted.key_file};
  }
  settings.crl_required = wanted.crl_required;
  settings.request_certificate = wanted.request_certificate;
  return settings;
}

}  // namespace signet::net
