// May this client, sender, recipient pass? sendmail's check_relay, check_mail and check_rcpt as
// functions (SENDMAIL.md §4, §9).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/facts.h"
#include "signet/policy/access.h"
#include "signet/policy/verdict.h"

namespace signet::policy {

// Site settings that the decisions need; built once per configuration.
struct SiteOptions {
  std::string host;                        // $j
  std::vector<std::string> local_domains;  // class w, lower case
  std::vector<std::string> relay_domains;  // class R: domains (and subdomains), address prefixes
  std::vector<std::string> trusted_mechanisms;  // TRUST_AUTH_MECH, upper case
  bool accept_unresolvable_domains = false;
  bool accept_unqualified_senders = false;
  bool check_recipients = false;  // FEATURE(blocklist_recipients)
  bool relay_hosts_only = false;
  bool permanent_tls_errors = false;             // TLS_PERM_ERR
  std::string reject_message = "Access denied";  // confREJECT_MSG
};

enum class DomainState { not_asked, resolves, no_such_domain, temporary };

struct ClientView {
  const mail::PeerFacts& peer;
  const mail::TlsFacts& tls;
  const mail::AuthFacts& auth;
};

[[nodiscard]] Verdict check_connect(const Access& access, const SiteOptions& site,
                                    const mail::PeerFacts& peer);
// Is a DNS answer about the sender's domain wanted before check_sender? Empty: no.
[[nodiscard]] std::string sender_domain_to_resolve(const Access& access, const SiteOptions& site,
                                                   const ClientView& client,
                                                   std::string_view sender);
// `sender` without brackets, `as_given` for the reply text. Includes the TLS_Clt rule at MAIL.
[[nodiscard]] Verdict check_sender(const Access& access, const SiteOptions& site,
                                   const ClientView& client, std::string_view sender,
                                   std::string_view as_given, DomainState domain);
[[nodiscard]] Verdict check_recipient(const Access& access, const SiteOptions& site,
                                      const ClientView& client, std::string_view recipient,
                                      std::string_view as_given);
[[nodiscard]] bool is_local_domain(const SiteOptions& site, std::string_view domain);

}  // namespace signet::policy
