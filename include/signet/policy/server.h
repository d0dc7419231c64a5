// May this client, sender, recipient pass? sendmail's check_relay, check_mail and check_rcpt as
// functions.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/facts.h"
#include "signet/policy/access.h"
#include "signet/policy/block_lists.h"
#include "signet/policy/certificate_rewrite.h"
#include "signet/policy/pattern_rules.h"
#include "signet/policy/verdict.h"
#include "signet/table/table.h"

namespace signet::policy {

struct BestMx;
struct LdapRouting;
struct Mailboxes;

// FEATURE(delay_checks): client and sender are judged at RCPT, so that the recipient may have a
// say.
enum class Delay {
  no,
  all,      // every recipient gets all checks
  friend_,  // but not those with `Spam:` FRIEND
  hater,    // only those with `Spam:` HATER
};
// FEATURE(relay_mail_from): From: RELAY entries open relaying. Forgeable; as in sendmail.
enum class RelayBySender { no, address, address_or_domain };

// Which mail for users of this host does not stay in its mailboxes. Hosts are written as in
// SMART_HOST: "host", "mailer:host", "mailer:user@host".
struct LocalMail {
  std::string hub;          // MAIL_HUB: has the mailboxes
  std::string relay;        // LOCAL_RELAY: the same; with `sticky` for names without a domain
  std::string luser_relay;  // LUSER_RELAY: for users without mailbox and alias
  std::vector<std::string> users;  // class L, lower case: theirs stays in spite of all that
  bool sticky = false;             // FEATURE(stickyhost): user@here goes to the hub under that name
  bool preserve_luser_host = false;  // the unknown user keeps his domain
  bool whole_names =
      false;              // FEATURE(preserve_local_plus_detail): user+detail has aliases of its own
  bool redirect = false;  // FEATURE(redirect): user@domain.REDIRECT is told to the sender
};

// Site settings that the decisions need; built once per configuration.
struct SiteOptions {
  std::string host;                          // $j
  std::vector<std::string> local_domains;    // class w, lower case
  std::vector<std::string> relay_domains;    // class R: domains (and subdomains), address prefixes
  std::vector<std::string> virtual_domains;  // class VirtHost; its members stand in class R too
  bool virtual_entire_domains = false;       // FEATURE(virtuser_entire_domain)
  LocalMail local_mail;
  std::vector<std::string> program_mailers;  // mailers that are programs, besides local and prog
  // Would one of these take what it is told for an option? It is not run then. Empty: none would.
  std::function<bool(std::string_view mailer, std::string_view host, std::string_view user)>
      is_option{};
  std::vector<std::string> trusted_mechanisms;  // TRUST_AUTH_MECH, upper case
  bool accept_unresolvable_domains = false;
  bool accept_unqualified_senders = false;
  bool check_recipients = false;  // FEATURE(blocklist_recipients)
  bool relay_hosts_only = false;
  bool permanent_tls_errors = false;             // TLS_PERM_ERR
  std::string reject_message = "Access denied";  // confREJECT_MSG: text, or "550 5.7.1 text"
  std::string relay_message;                     // confRELAY_MSG; empty: "Relaying denied" and why
  std::string recipient_message;                 // confRCPTREJ_MSG; empty: "Mailbox disabled..."
  Delay delay_checks = Delay::no;
  RelayBySender relay_mail_from = RelayBySender::no;
  bool relay_local_from = false;   // a sender in class w may relay
  bool promiscuous_relay = false;  // everybody may relay
  bool block_bad_helo = false;
  bool require_rdns = false;
  bool use_client_ptr = false;  // Connect: goes by the unverified name
  std::vector<BlockList> block_lists;
  std::optional<Pattern> bad_mx;       // FEATURE(badmx): addresses that no mail host may have
  bool relay_based_on_mx = false;      // recipients whose domain names us as MX
  bool loose_relay_check = false;      // user%host@domain is judged by the domain alone
  bool compat_check = false;           // Compat: entries
  bool check_alt_names = false;        // FEATURE(check_cert_altnames)
  CertificateRewrite issuer_rewrite;   // _CERT_REGEX_ISSUER_
  CertificateRewrite subject_rewrite;  // _CERT_REGEX_SUBJECT_
  std::shared_ptr<const PatternRules> patterns;  // CLIENT_PATTERN, ... HEADER_CHECK; null: none
  std::string protect_local_senders;  // the action of FEATURE(protect_local_senders); empty: unused
  // FEATURE(sender_login): authenticated user to the addresses he may send as. Null: unused.
  std::shared_ptr<const table::Table> sender_login;
  std::shared_ptr<const LdapRouting> ldap_routing;  // FEATURE(ldap_routing); null: unused
  std::shared_ptr<const BestMx> best_mx;            // FEATURE(bestmx_is_local); null: unused
  std::shared_ptr<const Mailboxes> mailboxes;       // null: the agent writes them
};

enum class DomainState { not_asked, resolves, no_such_domain, temporary };

// What DNS says of who takes mail for a domain.
struct MailHosts {
  enum class State { not_asked, known, temporary };
  State state = State::not_asked;
  std::vector<std::string> hosts;    // its MX, "" for the null MX; without any the domain itself
  std::vector<IpAddress> addresses;  // IPv4 of these, where they were asked for
};

struct ClientView {
  const mail::PeerFacts& peer;
  const mail::TlsFacts& tls;
  const mail::AuthFacts& auth;
  // Of the session so far, for block_bad_helo, relay_mail_from, relay_local_from and delay_checks.
  std::string_view helo = {};
  std::string_view sender = {};  // without brackets
  DomainState sender_domain = DomainState::not_asked;
  std::span<const ListAnswer> lists = {};      // in step with SiteOptions::block_lists
  const MailHosts* sender_hosts = nullptr;     // of the sender's domain; null: not asked
  const MailHosts* recipient_hosts = nullptr;  // of the domain of the recipient that is judged
};

// Of these block lists the answers are wanted before the client, the sender, or under delay_checks
// the recipient is checked: the entries of the others stay empty.
[[nodiscard]] std::vector<std::string> lists_before_connect(const Access& access,
                                                            const SiteOptions& site,
                                                            const mail::PeerFacts& peer);
[[nodiscard]] std::vector<std::string> lists_before_sender(const Access& access,
                                                           const SiteOptions& site,
                                                           const ClientView& client,
                                                           std::string_view sender);
[[nodiscard]] Verdict check_connect(const Access& access, const SiteOptions& site,
                                    const mail::PeerFacts& peer);
[[nodiscard]] Verdict check_connect(const Access& access, const SiteOptions& site,
                                    const ClientView& client);
// By certificate or AUTH: delayed checks do not apply.
[[nodiscard]] bool may_relay_by_proof(const Access& access, const SiteOptions& site,
                                      const ClientView& client);
// Is a DNS answer about the sender's domain wanted before check_sender? Empty: no.
[[nodiscard]] std::string sender_domain_to_resolve(const Access& access, const SiteOptions& site,
                                                   const ClientView& client,
                                                   std::string_view sender);
// Whose mail hosts are wanted before check_sender (with addresses), before check_recipient? Empty:
// nobody's.
[[nodiscard]] std::string sender_hosts_to_ask(const Access& access, const SiteOptions& site,
                                              const ClientView& client, std::string_view sender);
[[nodiscard]] std::string recipient_hosts_to_ask(const Access& access, const SiteOptions& site,
                                                 const ClientView& client,
                                                 std::string_view recipient);
// `sender` without brackets, `as_given` for the reply text. Includes the TLS_Clt rule at MAIL.
[[nodiscard]] Verdict check_sender(const Access& access, const SiteOptions& site,
                                   const ClientView& client, std::string_view sender,
                                   std::string_view as_given, DomainState domain);
[[nodiscard]] Verdict check_recipient(const Access& access, const SiteOptions& site,
                                      const ClientView& client, std::string_view recipient,
                                      std::string_view as_given);
// May this sender write to this recipient (both without brackets)? Asked when check_recipient has
// accepted it; discard: nobody gets it, the others of the message do.
[[nodiscard]] Verdict check_compat(const Access& access, const SiteOptions& site,
                                   std::string_view sender, std::string_view recipient);
// Is this client one of ours: authenticated, or allowed to relay by its certificate, its address or
// its name? Who it says to be the sender does not count. An error: nobody can tell now, 4xx.
[[nodiscard]] std::expected<bool, Verdict> is_own_client(const Access& access,
                                                         const SiteOptions& site,
                                                         const ClientView& client);
// May this authenticated client name `author` in AUTH= (trust_auth)? Rejected: AUTH=<> is to be
// used.
[[nodiscard]] Verdict check_author(const mail::AuthFacts& auth, std::string_view author);
// What REJECT says: 550 5.7.1 with the text of the site.
[[nodiscard]] mail::Reply access_denied(const SiteOptions& site);
// The user of this host whom the address names, if aliases are asked for him; else it goes
// elsewhere (also where ldap_routing says so, or cannot be asked).
[[nodiscard]] std::optional<std::string> user_of_this_host(const SiteOptions& site,
                                                           std::string_view address);
// Class w; without a dot at the end. `[address]` forms match however they are spelled.
[[nodiscard]] bool is_local_domain(const SiteOptions& site, std::string_view domain);

}  // namespace signet::policy
