// Settings about TLS.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conf/ssl_option_names.h"
#include "conf/store.h"
#include "signet/base/text.h"

namespace signet::conf {
namespace {

using enum Effect;

// "cert.pem,cert2.pem": a second pair, usually of another kind of key. No blank after the comma.
template <auto Member>
Problem files(Target& target, const Value& value) {
  auto& to = target.config.tls.*Member;
  to.clear();
  if (value.text.empty()) return std::nullopt;
  for (const auto file : split(value.text, ',')) {
    if (file.empty() || file != trim(file)) return "one file, or two with a comma and no blank";
    to.emplace_back(file);
  }
  if (to.size() > 2) return "at most two files";
  return std::nullopt;
}

// "mail.a.example=/certs/a.pem:/certs/a.key"
Problem server_names(Target& target, const Value& value) {
  auto& to = target.config.tls.server_names;
  to.clear();
  for (const auto& word : value.list) {
    const auto equals = word.find('=');
    const auto colon = equals == std::string::npos ? equals : word.find(':', equals);
    if (colon == std::string::npos || equals == 0 || colon == equals + 1 ||
        colon + 1 == word.size()) {
      return fmt::format("\"{}\" is not NAME=CERTIFICATE:KEY", printable(word));
    }
    to.push_back({.name = to_lower(word.substr(0, equals)),
                  .files = {.certificate = word.substr(equals + 1, colon - equals - 1),
                            .key = word.substr(colon + 1)}});
  }
  return std::nullopt;
}

Problem least_version(Target& target, const Value& value) {
  static constexpr std::array kNames = std::to_array<std::pair<std::string_view, TlsVersion>>({
      {"TLSv1", TlsVersion::tls1_0},
      {"TLSv1.1", TlsVersion::tls1_1},
      {"TLSv1.2", TlsVersion::tls1_2},
      {"TLSv1.3", TlsVersion::tls1_3},
  });
  const auto* row =
      std::ranges::find_if(kNames, [&](const auto& one) { return iequals(one.first, value.text); });
  if (row == kNames.end()) return "one of TLSv1 TLSv1.1 TLSv1.2 TLSv1.3";
  target.config.tls.least_version = row->second;
  if (row->second < TlsVersion::tls1_2) {
    target.remarks.emplace_back(
        "versions below TLS 1.2 are broken; OpenSSL also wants @SECLEVEL=0 in CipherList for them");
  }
  return std::nullopt;
}

Problem server_letters(Target& target, const Value& value) {
  target.config.tls.request_client_certificate = !has_letter(value, 'V');
  target.config.tls.require_server_certificate = !has_letter(value, 'C');
  return std::nullopt;
}

// "+SSL_OP_NO_TLSv1 -SSL_OP_ALL 0x400": names of OpenSSL with a sign, or a number.
template <auto Member>
Problem ssl_options(Target& target, const Value& value) {
  auto& to = target.config.tls.*Member;
  to.clear();
  for (const auto& word : value.list) {
    const bool sign = word.front() == '+' || word.front() == '-';
    const std::string name = word.substr(sign ? 1 : 0);
    const bool number = !name.empty() &&
                        name.find_first_not_of("0123456789abcdefABCDEFxX") == std::string::npos &&
                        name.front() >= '0' && name.front() <= '9';
    if (!number && std::ranges::find(kSslOptionNames, name) == kSslOptionNames.end())
      return fmt::format("unknown option {}{}", printable(name), suggestion(name, kSslOptionNames));
    to.push_back({name, word.front() != '-'});
  }
  return std::nullopt;
}

constexpr std::array kTlsSettings = std::to_array<Setting>({
    {"CACertFile", "confCACERT", Kind::text, "", "",
     "PEM file of the certification authorities that are trusted.", works,
     into<&Config::tls, &Tls::ca_file>},
    {"CACertPath", "confCACERT_PATH", Kind::text, "", "",
     "Folder of trusted authorities, hashed with `openssl rehash`.", works,
     into<&Config::tls, &Tls::ca_path>},
    {"ServerCertFile", "confSERVER_CERT", Kind::text, "", "",
     "Certificate shown to clients, PEM; two files with a comma for two kinds of key.", works,
     files<&Tls::server_certificates>},
    {"ServerKeyFile", "confSERVER_KEY", Kind::text, "", "",
     "Private key of ServerCertFile, mode 0600.", works, files<&Tls::server_keys>},
    {"ServerNames", "confSERVER_NAMES", Kind::list, "", "",
     "Certificates for clients that ask for a name: NAME=CERTIFICATE:KEY, *.NAME for one label.",
     works, server_names},
    {"MinProtocol", "confMIN_PROTOCOL", Kind::text, "TLSv1.2", "",
     "Oldest version of TLS that is spoken, both ways: TLSv1 TLSv1.1 TLSv1.2 TLSv1.3.", works,
     least_version},
    {"ClientCertFile", "confCLIENT_CERT", Kind::text, "", "",
     "Certificate shown to servers that ask for one.", works, files<&Tls::client_certificates>},
    {"ClientKeyFile", "confCLIENT_KEY", Kind::text, "", "",
     "Private key of ClientCertFile, mode 0600.", works, files<&Tls::client_keys>},
    {"CRLFile", "confCRL", Kind::text, "", "", "PEM file of revoked certificates.", works,
     into<&Config::tls, &Tls::crl_file>},
    {"CRLPath", "confCRL_PATH", Kind::text, "", "", "Hashed folder of revocation lists.", works,
     into<&Config::tls, &Tls::crl_path>},
    {"DHParameters", "confDH_PARAMETERS", Kind::text, "", "",
     "Diffie-Hellman parameters: a PEM file, i (built in), n (none), 2 (2048 bits).", works,
     into<&Config::tls, &Tls::dh_parameters>},
    {"CipherList", "confCIPHER_LIST", Kind::text, "", "",
     "Ciphers up to TLS 1.2 in OpenSSL's syntax; empty: as a server forward secrecy with AEAD "
     "only.",
     works, into<&Config::tls, &Tls::cipher_list>},
    {"CipherSuites", "", Kind::text, "", "", "Cipher suites of TLS 1.3.", works,
     into<&Config::tls, &Tls::cipher_suites>},
    {"TLSSrvOptions", "confTLS_SRV_OPTIONS", Kind::letters, "", "VC",
     "V: do not ask clients for a certificate; C: run without a certificate of our own.", works,
     server_letters},
    {"ServerSSLOptions", "confSERVER_SSL_OPTIONS", Kind::list, "", "",
     "OpenSSL's SSL_OP_ names for the server, each with + or -.", works,
     ssl_options<&Tls::server_options>},
    {"ClientSSLOptions", "confCLIENT_SSL_OPTIONS", Kind::list, "", "",
     "OpenSSL's SSL_OP_ names for the client, each with + or -.", works,
     ssl_options<&Tls::client_options>},
    {"CertFingerprintAlgorithm", "confCERT_FINGERPRINT_ALGORITHM", Kind::text, "", "",
     "Digest of the peer's certificate for ${cert_fp}: sha256 and the like; empty: MD5, and "
     "${cert_md5}.",
     works, into<&Config::tls, &Tls::fingerprint_algorithm>},
    {"TLSFallbacktoClear", "confTLS_FALLBACK_TO_CLEAR", Kind::flag, "False", "",
     "After a failed handshake with a server try once more without TLS.", works,
     into<&Config::tls, &Tls::fall_back_to_clear>},
    {"DANE", "confDANE", Kind::flag, "False", "", "Verify servers by their TLSA records.", later},
    {"SetCertAltnames", "", Kind::flag, "False", "",
     "The names of a certificate are looked at by FEATURE(`check_cert_altnames')."},
    {"StrictTransportSecurity", "", Kind::flag, "False", "", "Follow MTA-STS policies.", later},
    {"RandFile", "confRAND_FILE", Kind::text, "", "", "Source of randomness; the kernel's is used.",
     meaningless},
    {"SSLEngine", "confSSL_ENGINE", Kind::text, "", "", "OpenSSL engine; none is used.",
     meaningless},
    {"SSLEnginePath", "confSSL_ENGINE_PATH", Kind::text, "", "", "Where engines are.", meaningless},
    {"FIPSMode", "", Kind::flag, "False", "", "OpenSSL's own configuration decides.", meaningless},
    {"ClientCACertFile", "", Kind::text, "", "",
     "Trusted authorities of the client alone, instead of CACertFile and CACertPath.", works,
     into<&Config::tls, &Tls::client_ca_file>},
    {"ClientCACertPath", "", Kind::text, "", "", "The same as a hashed folder.", works,
     into<&Config::tls, &Tls::client_ca_path>},
});

}  // namespace

std::span<const Setting> tls_settings() { return kTlsSettings; }

}  // namespace signet::conf
