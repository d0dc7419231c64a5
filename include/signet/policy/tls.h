// What TLS must have proved: TLS_Clt, TLS_Srv, TLS_Rcpt, Try_TLS and the requirement grammar.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/facts.h"
#include "signet/policy/access.h"
#include "signet/policy/server.h"
#include "signet/policy/verdict.h"

namespace signet::policy {

// [PERM+|TEMP+](VERIFY[:bits]|ENCR:bits)[+ext[++ext]...]
struct TlsRequirement {
  enum class Code { by_default, permanent, temporary };
  enum class Demand { none, verify, encrypt };
  Code code = Code::by_default;
  Demand demand = Demand::none;
  int bits = 0;
  std::vector<std::string> extensions;  // "CN", "CN:name", "CS:dn", "CI:dn", "CITag:tag"
};
// Never fails: what does not match the grammar demands nothing, as with sendmail; `understood`
// tells.
struct ParsedRequirement {
  TlsRequirement requirement;
  bool understood = true;
};
[[nodiscard]] ParsedRequirement parse_tls_requirement(std::string_view text);

// The other side, as macros name it: client_name/client_addr or server_name/server_addr.
struct TlsPeer {
  std::string_view name;
  IpAddress address;
};

// tls_client: `mail` false: right after STARTTLS; true: at MAIL.
[[nodiscard]] Verdict judge_tls_client(const Access& access, const SiteOptions& site,
                                       const ClientView& client, bool at_mail);
[[nodiscard]] Verdict judge_tls_server(const Access& access, const SiteOptions& site,
                                       const TlsPeer& server, const mail::TlsFacts& tls,
                                       const mail::AuthFacts& auth);
[[nodiscard]] Verdict judge_tls_recipient(const Access& access, const SiteOptions& site,
                                          std::string_view recipient, const TlsPeer& server,
                                          const mail::TlsFacts& tls);
// Rejected: do not try STARTTLS with this server (its reply is for the maillog only).
[[nodiscard]] Verdict judge_try_tls(const Access& access, const SiteOptions& site,
                                    const TlsPeer& server);
// CERTISSUER/CERTSUBJECT: may this verified certificate relay?
[[nodiscard]] Verdict relay_by_certificate(const Access& access, const SiteOptions& site,
                                           const mail::TlsFacts& tls);

}  // namespace signet::policy
