// TLS settings for one session on top of the configuration's, as an entry of the access map names
// them (TLS_Srv_Features, TLS_Clt_Features). Values only.
#pragma once

#include <optional>
#include <string>

namespace signet::mail {

struct TlsSettings {
  std::string options;           // "SSL_OP_NO_TLSv1_3 -SSL_OP_NO_TICKET": names of OpenSSL
  std::string cipher_list;       // TLS <= 1.2
  std::string cipher_suites;     // TLS 1.3
  std::string certificate_file;  // with key_file, or neither
  std::string key_file;
  bool crl_required = false;                // a CA without a revocation list is a failure
  std::optional<bool> fall_back_to_clear;   // client: instead of TLSFallbacktoClear
  std::optional<bool> request_certificate;  // server: instead of TLSSrvOptions V
  bool operator==(const TlsSettings&) const = default;
};

}  // namespace signet::mail
