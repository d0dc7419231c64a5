// Settings about SMTP AUTH and Cyrus SASL.
#include <algorithm>
#include <array>

#include "conf/store.h"
#include "signet/base/text.h"

namespace signet::conf {
namespace {

using enum Effect;

Problem mechanisms(Target& target, const Value& value) {
  target.config.auth.mechanisms.clear();
  for (const auto& word : value.list) target.config.auth.mechanisms.push_back(to_upper(word));
  return std::nullopt;
}

Problem auth_letters(Target& target, const Value& value) {
  Auth& auth = target.config.auth;
  auth.auth_parameter_only_if_authenticated = has_letter(value, 'A');
  auth.no_active_attack = has_letter(value, 'a');
  auth.pass_credentials = has_letter(value, 'c');
  auth.no_dictionary = has_letter(value, 'd');
  auth.forward_secrecy = has_letter(value, 'f');
  auth.mutual = has_letter(value, 'm');
  auth.no_plaintext_without_layer = has_letter(value, 'p');
  auth.no_anonymous = has_letter(value, 'y');
  return std::nullopt;
}

constexpr std::array kAuthSettings = std::to_array<Setting>({
    {"AuthMechanisms", "confAUTH_MECHANISMS", Kind::list,
     "EXTERNAL GSSAPI KERBEROS_V4 DIGEST-MD5 CRAM-MD5", "",
     "Mechanisms offered and used, as far as SASL has them.", works, mechanisms},
    {"AuthOptions", "confAUTH_OPTIONS", Kind::letters, "", "Aacdfmpy",
     "p: PLAIN and LOGIN only under TLS; y: no anonymous; a, d, f, c, m: properties asked of SASL; "
     "A: send AUTH= only when authenticated.",
     works, auth_letters},
    {"AuthRealm", "confAUTH_REALM", Kind::text, "", "", "SASL realm; by default the host name $j.",
     works, into<&Config::auth, &Auth::realm>},
    {"AuthMaxBits", "confAUTH_MAX_BITS", Kind::number, "2147483647", "0..2147483647",
     "SASL's own layers are never used: TLS protects.", meaningless},
    {"DefaultAuthInfo", "confDEF_AUTH_INFO", Kind::text, "", "",
     "AuthInfo: entries replace it, also with sendmail-cf's own rules.", meaningless},
    {"SaslConfDir", "confSASL_CONF_DIR", Kind::text, "", "",
     "Folder of Sendmail.conf when it is not where Cyrus SASL looks. Signet's own.", works,
     into<&Config::sasl_conf_dir>},
});

}  // namespace

std::span<const Setting> auth_settings() { return kAuthSettings; }

}  // namespace signet::conf
