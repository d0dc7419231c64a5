#include "tls/peer_certificate.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <openssl/x509v3.h>

namespace signet::tls {
namespace {

constexpr std::size_t kMaxName = 256;  // sendmail's buffer for a DN or a CN, with its NUL

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(std::max(ASN1_STRING_length(text), 0))};
}

// The first CN's bytes as they are in the certificate.
std::string common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  const ASN1_STRING* text =
      at < 0 ? nullptr : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  if (text == nullptr || bytes_of(text).empty()) return "BadCertificateUnknown";
  const auto bytes = bytes_of(text);
  if (bytes.size() >= kMaxName - 1) return "BadCertificateTooLong";
  if (bytes.find('\0') != std::string_view::npos) return "BadCertificateContainsNUL";
  return std::string(bytes);
}

std::string fingerprint_text(const X509* certificate, const EVP_MD* algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (algorithm == nullptr || X509_digest(certificate, algorithm, digest.data(), &size) != 1) {
    return {};
  }
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    if (i != 0) text += ':';
    text += kHex[digest[i] >> 4U];
    text += kHex[digest[i] & 15U];
  }
  return text;
}

std::vector<std::string> dns_names(const X509* certificate) {
  constexpr std::size_t kMost = 100;
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, FreeWith<&GENERAL_NAMES_free>> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()) && names.size() < kMost; ++i) {
    const GENERAL_NAME* one = sk_GENERAL_NAME_value(all.get(), i);
    if (one->type != GEN_DNS) continue;
    const auto bytes = bytes_of(one->d.dNSName);
    const bool printable = std::ranges::all_of(bytes, [](char c) { return c > ' ' && c < 0x7f; });
    if (printable && !bytes.empty() && bytes.size() < kMaxName) names.emplace_back(bytes);
  }
  return names;
}

}  // namespace

std::string one_line(const X509_NAME* name) {
  std::array<char, kMaxName> text{};
  X509_NAME_oneline(name, text.data(), static_cast<int>(text.size()));
  return text.data();
}

void describe(const X509* certificate, const EVP_MD* fingerprint, Peer& peer) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const X509_NAME* issuer = X509_get_issuer_name(certificate);
  peer.subject = one_line(subject);
  peer.issuer = one_line(issuer);
  peer.subject_cn = common_name(subject);
  peer.issuer_cn = common_name(issuer);
  peer.fingerprint = fingerprint_text(certificate, fingerprint);
  peer.dns_names = dns_names(certificate);
}

}  // namespace signet::tls
