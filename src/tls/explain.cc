#include "tls/explain.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "tls/peer_certificate.h"

namespace signet::tls {
namespace {

constexpr int kMostShown = 20;  // of a chain

std::string hash_of(const X509_NAME* name) {
  std::array<char, 24> text{};
  const unsigned long hash = X509_NAME_hash_ex(name, nullptr, nullptr, nullptr);
  std::snprintf(text.data(), text.size(), "%08lx.0", hash & 0xffffffffUL);
  return text.data();
}

std::time_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string date(std::int64_t when) {
  const auto seconds = static_cast<std::time_t>(when);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

std::string trust_it(const ChainEntry& top) {
  return "add the certificate of " + top.issuer + " to confCACERT_PATH as " + top.issuer_file;
}

Explanation unknown_issuer(const std::vector<ChainEntry>& chain, const std::string& who) {
  const ChainEntry& top = chain.back();
  if (top.self_signed) {
    return {"the CA " + top.subject + " is not in confCACERT or confCACERT_PATH",
            "if you trust it, " + trust_it(top)};
  }
  if (chain.size() == 1) {
    return {who + " sent no intermediate, and " + top.issuer + " is no CA known here",
            who + " must send the certificate of " + top.issuer + "; or, if you trust that, " +
                trust_it(top)};
  }
  return {"the CA " + top.issuer + " is not in confCACERT or confCACERT_PATH",
          "if you trust it, " + trust_it(top)};
}

Explanation out_of_time(const std::vector<ChainEntry>& chain, const std::string& who,
                        bool expired) {
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  const auto wrong = std::ranges::find_if(chain, [&](const ChainEntry& one) {
    return expired ? one.not_after < now : one.not_before > now;
  });
  const ChainEntry& one = wrong == chain.end() ? chain.front() : *wrong;
  if (expired) {
    return {"the certificate " + one.subject + " expired on " + date(one.not_after),
            who + " must renew it"};
  }
  return {"the certificate " + one.subject + " is not valid before " + date(one.not_before),
          "compare the clocks of both hosts; else " + who + " must wait or use another one"};
}

}  // namespace

ChainEntry entry_of(X509* certificate) {
  ChainEntry entry;
  entry.subject = one_line(X509_get_subject_name(certificate));
  entry.issuer = one_line(X509_get_issuer_name(certificate));
  entry.issuer_file = hash_of(X509_get_issuer_name(certificate));
  entry.not_before = seconds_of(X509_get0_notBefore(certificate));
  entry.not_after = seconds_of(X509_get0_notAfter(certificate));
  entry.self_signed = X509_check_issued(certificate, certificate) == X509_V_OK;
  return entry;
}

std::vector<ChainEntry> chain_of(const SSL* ssl) {
  std::vector<ChainEntry> chain;
  const Certificate leaf(SSL_get1_peer_certificate(ssl));
  if (leaf) chain.push_back(entry_of(leaf.get()));
  // A client's chain begins with the leaf, a server's does not hold it.
  STACK_OF(X509)* sent = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; sent != nullptr && i < sk_X509_num(sent) && i < kMostShown; ++i) {
    X509* one = sk_X509_value(sent, i);
    if (i == 0 && leaf && X509_cmp(one, leaf.get()) == 0) continue;
    chain.push_back(entry_of(one));
  }
  return chain;
}

Explanation explain(long code, const std::vector<ChainEntry>& chain, Role role) {
  const std::string who = role == Role::server ? "the client" : "the server";
  if (chain.empty()) return {X509_verify_cert_error_string(code), ""};
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return unknown_issuer(chain, who);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {"the certificate " + chain.front().subject + " is signed by nobody but itself",
              "if you trust it, " + trust_it(chain.front()) + "; or " + who +
                  " must get one from a CA"};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return out_of_time(chain, who, true);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return out_of_time(chain, who, false);
    case X509_V_ERR_INVALID_PURPOSE:
      return {"the certificate " + chain.front().subject + " was not made for " +
                  (role == Role::server ? "clients" : "servers"),
              who + " must use one whose extendedKeyUsage names " +
                  (role == Role::server ? "clientAuth" : "serverAuth") + ", or names none"};
    case X509_V_ERR_CERT_REVOKED:
      return {
          "the certificate " + chain.front().subject + " was revoked by " + chain.front().issuer,
          who + " must use another one"};
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return {"there is no revocation list of " + chain.front().issuer,
              "add it to confCRL, or take flag R out of the TLS features"};
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return {"the revocation list of " + chain.front().issuer + " is too old",
              "fetch a new one into confCRL"};
    default:
      return {
          X509_verify_cert_error_string(code),
          "look at the chain with: openssl s_client -starttls smtp -showcerts -connect HOST:25"};
  }
}

Explanation explain_failure(std::string_view reason, Role role) {
  const bool server = role == Role::server;
  const auto has = [reason](std::initializer_list<std::string_view> parts) {
    return std::ranges::any_of(
        parts, [reason](std::string_view part) { return reason.find(part) != reason.npos; });
  };
  if (has({"wrong version number", "http request", "packet length too long"})) {
    return {"the other side does not speak TLS here",
            server
                ? "the client must wait for the 220 to STARTTLS, or speak TLS from its first byte "
                  "on a port with M=s only"
                : "TLS from the start is for port 465; 25 and 587 want STARTTLS"};
  }
  if (has({"protocol version", "unsupported protocol", "version too low"})) {
    return {"no version of TLS in common",
            "the other side must speak what MinProtocol says, TLS 1.2 by default"};
  }
  if (has({"unknown ca", "bad certificate", "certificate expired", "certificate unknown",
           "certificate revoked", "unsupported certificate"})) {
    return {"the other side does not accept our certificate",
            server ? "look at confSERVER_CERT: not expired, made for this name, its intermediates "
                     "in the file"
                   : "look at confCLIENT_CERT, or leave it out"};
  }
  if (has({"handshake failure", "no shared cipher", "no suitable"})) {
    return {"no cipher in common", "compare CipherList and CipherSuites of both sides"};
  }
  if (has({"timeout"})) {
    return {"the other side was silent in the middle of the handshake",
            "a firewall that looks into SMTP may stand between"};
  }
  if (has({"unexpected eof"})) {
    return {"the other side hung up in the middle of the handshake", "its log may say why"};
  }
  return {};
}

}  // namespace signet::tls
