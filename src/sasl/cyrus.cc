#include "sasl/cyrus.h"

#include "signet/base/text.h"

namespace signet::sasl {

sasl_security_properties_t properties(const Security& security, bool tls_active) {
  sasl_security_properties_t wanted{};
  wanted.min_ssf = 0;
  wanted.max_ssf = 0;
  wanted.maxbufsize = 0;
  unsigned flags = 0;
  if (security.no_active_attack) flags |= SASL_SEC_NOACTIVE;
  if (security.pass_credentials) flags |= SASL_SEC_PASS_CREDENTIALS;
  if (security.no_dictionary) flags |= SASL_SEC_NODICTIONARY;
  if (security.forward_secrecy) flags |= SASL_SEC_FORWARD_SECRECY;
  if (security.mutual) flags |= SASL_SEC_MUTUAL_AUTH;
  if (security.no_plaintext_without_layer && !tls_active) flags |= SASL_SEC_NOPLAINTEXT;
  if (security.no_anonymous) flags |= SASL_SEC_NOANONYMOUS;
  wanted.security_flags = flags;
  return wanted;
}

std::string error_words(sasl_conn_t* connection, int code) {
  const char* detail = connection != nullptr ? sasl_errdetail(connection) : nullptr;
  return printable(trim(detail != nullptr ? detail : sasl_errstring(code, nullptr, nullptr)));
}

int set_external(sasl_conn_t* connection, int tls_bits, const std::string& identity) {
  const auto strength = static_cast<sasl_ssf_t>(tls_bits);
  if (const int code = sasl_setprop(connection, SASL_SSF_EXTERNAL, &strength); code != SASL_OK) {
    return code;
  }
  if (identity.empty()) return SASL_OK;
  return sasl_setprop(connection, SASL_AUTH_EXTERNAL, identity.c_str());
}

}  // namespace signet::sasl
