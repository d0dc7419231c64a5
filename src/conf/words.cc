// What a configuration may name besides settings: features, mailers, variables, macros of the mc.
// `works`: does what sendmail's does. `later`: refused until it is built. `meaningless`: accepted
// with a warning, because this MTA has nothing it could be about.
#include <algorithm>
#include <array>

#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

using enum Effect;

constexpr std::array kFeatures = std::to_array<Word>({
    {"access_db", works, "The access map.", true},
    {"mailertable", works, "Where mail for a domain goes.", true},
    {"authinfo", works, "Passwords for next hops, in a map of their own.", true},
    {"accept_unresolvable_domains", works, "Senders whose domain DNS does not know."},
    {"accept_unqualified_senders", works, "Senders without a domain."},
    {"blocklist_recipients", works, "To: entries of the access map refuse recipients."},
    {"blacklist_recipients", works, "The old name of blocklist_recipients."},
    {"no_default_msa", works, "No port 587 that nobody asked for."},
    {"use_cw_file", works, "Names of this host in a file."},
    {"relay_hosts_only", works, "RELAY_DOMAIN names hosts, not domains."},
    {"lookupdotdomain", works, "The access map is asked for .domain too."},
    {"use_ct_file", meaningless, "Trusted users: the engine is not asked who calls it."},
    {"smrsh", meaningless, "Programs are not run."},
    {"nocanonify", meaningless, "Addresses are never canonified by DNS."},
    {"nouucp", meaningless, "There are no UUCP addresses."},
    {"nopercenthack", meaningless, "'%' in a local part has no meaning."},
    {"local_procmail", meaningless,
     "Mail goes to the mailbox; procmail and .procmailrc are not asked."},
    {"local_lmtp", meaningless, "Mail goes to the mailbox without another program."},
    {"delay_checks", works,
     "Client and sender are judged at RCPT; friend, hater: as the recipient wishes."},
    {"greet_pause", works,
     "Milliseconds that a client waits for the greeting; GreetPause: of the access map."},
    {"ratecontrol", works,
     "Connections of a client in a minute by ClientRate: of the access map; nodelay, terminate."},
    {"conncontrol", works,
     "Open connections of a client by ClientConn: of the access map; nodelay, terminate."},
    {"virtusertable", works, "Who gets the mail for an address of a virtual domain.", true},
    {"genericstable", later, "Rewriting of sender addresses.", true},
    {"domaintable", later, "Renamed domains.", true},
    {"masquerade_envelope", later, "Masquerading of the envelope sender."},
    {"masquerade_entire_domain", works, "Masquerading of all hosts below a domain too."},
    {"allmasquerade", later, "Masquerading of recipients."},
    {"limited_masquerade", later, "Masquerading of class M only."},
    {"local_no_masquerade", later, "No masquerading for local mail."},
    {"always_add_domain", meaningless, "Bare addresses get a domain by MASQUERADE_AS alone."},
    {"redirect", meaningless, "There are no aliases that could lead to .REDIRECT."},
    {"msp", later, "Submission by the sendmail command."},
    {"nullclient", later, "Everything goes to a hub."},
    {"relay_entire_domain", works, "Relaying for all hosts below the domain of this host, $m."},
    {"relay_based_on_MX", later, "Relaying for domains that name us as MX."},
    {"relay_mail_from", works,
     "Relaying by From: RELAY entries; domain: by the domain too. Forgeable."},
    {"relay_local_from", works, "Relaying for senders of our own domains. Forgeable."},
    {"promiscuous_relay", works, "Relaying for everybody: an open relay."},
    {"loose_relay_check", later, "Relaying of user%domain."},
    {"dnsbl", later, "Block lists in DNS."},
    {"enhdnsbl", later, "Block lists in DNS, by answer."},
    {"rhsbl", later, "Block lists of sender domains."},
    {"badmx", later, "Senders with a useless MX."},
    {"require_rdns", works, "Clients without a name in DNS are refused."},
    {"block_bad_helo", works, "Clients with an impossible HELO are refused."},
    {"use_client_ptr", later, "Checks by the client's unverified name."},
    {"tls_session_features", works,
     "TLS settings by host: TLS_Srv_Features: and TLS_Clt_Features: of the access map."},
    {"check_cert_altnames", works, "CN in TLS requirements looks at the certificate's DNS names."},
    {"tls_failures", later, "Clear text after failed handshakes."},
    {"sts", later, "MTA-STS."},
    {"compat_check", later, "Checks of sender and recipient together."},
    {"queuegroup", later, "Queue groups."},
    {"stickyhost", later, "Local host names kept."},
    {"notsticky", meaningless, "What is done anyway."},
    {"virtuser_entire_domain", works,
     "virtusertable is asked for all hosts below VIRTUSER_DOMAIN too."},
    {"generics_entire_domain", later, "genericstable for all hosts below a domain."},
    {"check_other", later, "Unknown commands."},
    {"bcc", later, "A copy of everything."},
    {"preserve_local_plus_detail", later, "user+detail kept."},
    {"preserve_luser_host", later, "Host kept for unknown users."},
    {"bestmx_is_local", later, "Mail for which we are the best MX is ours."},
    {"ldap_routing", later, "Routing by LDAP."},
    {"bitdomain", later, "BITNET names.", true},
    {"uucpdomain", later, "UUCP names.", true},
});

constexpr std::array kMailers = std::to_array<Word>({
    {"local", works, "Mailboxes of this host."},
    {"smtp", works, "SMTP to the next hop: esmtp, smtp, relay."},
    {"procmail", meaningless,
     "procmail is not run; mailertable entries that name it keep mail waiting."},
    {"cyrusv2", later, "LMTP to Cyrus IMAP."},
    {"cyrus", later, "Cyrus deliver."},
    {"fax", later, "Fax."},
    {"uucp", later, "UUCP."},
    {"usenet", later, "News."},
});

constexpr std::array kVariables = std::to_array<Word>({
    {"confDOMAIN_NAME", works, "Name of this host, $j."},
    {"confCF_VERSION", works, "Version of the configuration, behind $Z."},
    {"confCW_FILE", works, "File of FEATURE(use_cw_file)."},
    {"confREJECT_MSG", works, "Text of REJECT entries."},
    {"SMART_HOST", works, "Where all mail for others goes."},
    {"TLS_PERM_ERR", works, "Failed TLS requirements are permanent."},
    {"ESMTP_MAILER_ARGS", works, "TCP $h PORT: another port of next hops, found by MX or esmtp:."},
    {"SMTP_MAILER_ARGS", works, "The same for entries smtp:."},
    {"RELAY_MAILER_ARGS", works, "The same for SMART_HOST and entries relay:."},
    {"MAIL_SETTINGS_DIR", works, "Folder of maps, /etc/mail/."},
    {"confQUEUE_DIR", works, "The same as QUEUE_DIR."},
    {"_CERT_REGEX_ISSUER_", works, "Regular expression: what CERTISSUER: looks for."},
    {"_CERT_REGEX_SUBJECT_", works, "Regular expression: what CERTSUBJECT: looks for."},
    {"confCT_FILE", meaningless, "Trusted users."},
    {"confCR_FILE", works,
     "File of relay domains, read without being asked for; -o: it may be missing."},
    {"confRELAY_MSG", works, "Text of refused relaying."},
    {"confRCPTREJ_MSG", works, "Text of refused recipients."},
    {"confMAILER_NAME", later, "Name of the sender of bounces."},
    {"confFROM_HEADER", later, "Form of From:."},
    {"confRECEIVED_HEADER", later, "Form of Received:."},
    {"confMESSAGEID_HEADER", later, "Form of Message-Id:."},
    {"confLOCAL_MAILER", later, "Mailer of local mail."},
    {"confRELAY_MAILER", later, "Mailer of relayed mail."},
    {"confSMTP_MAILER", later, "Mailer of other mail."},
    {"confTRUSTED_USERS", meaningless, "Trusted users."},
    {"confLDAP_CLUSTER", later, "LDAP cluster."},
    {"MAIL_HUB", later, "Host of local mailboxes."},
    {"LOCAL_RELAY", later, "Host for unqualified names."},
    {"LUSER_RELAY", later, "Host for unknown users."},
    {"LOCAL_MAILER_PATH", later, "Program of local delivery."},
    {"LOCAL_MAILER_ARGS", later, "Its arguments."},
    {"LOCAL_MAILER_FLAGS", later, "Its flags."},
    {"PROCMAIL_MAILER_PATH", meaningless, "procmail is not run."},
    {"UUCPSMTP", meaningless, "There are no UUCP addresses."},
    {"UUCP_RELAY", meaningless, "There are no UUCP addresses."},
    {"BITNET_RELAY", meaningless, "There are no BITNET addresses."},
    {"FAX_RELAY", later, "Fax relay."},
});

constexpr std::array kMcMacros = std::to_array<Word>({
    {"VERSIONID", works, ""},
    {"OSTYPE", works, ""},
    {"DOMAIN", works, ""},
    {"FEATURE", works, ""},
    {"MAILER", works, ""},
    {"DAEMON_OPTIONS", works, ""},
    {"CLIENT_OPTIONS", works, ""},
    {"TRUST_AUTH_MECH", works, ""},
    {"MASQUERADE_AS", works, ""},
    {"LOCAL_DOMAIN", works, ""},
    {"RELAY_DOMAIN", works, ""},
    {"LOCAL_CONFIG", works, ""},
    {"define", works, ""},
    {"undefine", works, ""},
    {"divert", works, ""},
    {"include", works, ""},
    {"sinclude", works, ""},
    {"ifdef", works, ""},
    {"ifelse", works, ""},
    {"dnl", works, ""},
    {"RELAY_DOMAIN_FILE", works, ""},
    {"MASQUERADE_DOMAIN", works, ""},
    {"MASQUERADE_DOMAIN_FILE", works, ""},
    {"EXPOSED_USER", works, ""},
    {"EXPOSED_USER_FILE", works, ""},
    {"VIRTUSER_DOMAIN", works, ""},
    {"VIRTUSER_DOMAIN_FILE", works, ""},
});

constexpr std::array kClasses = std::to_array<Word>({
    {"w", works, "Names of this host."},
    {"R", works, "Domains and addresses that may relay."},
    {"TrustAuthMech", works, "Mechanisms whose users may relay."},
    {"M", works, "Domains that are masqueraded."},
    {"E", works, "Users that are not masqueraded."},
    {"VirtHost", works, "Domains that virtusertable is asked for, beside those of class w."},
});

constexpr std::array kMacros = std::to_array<Word>({
    {"j", works, "Name of this host."},
    {"Z", works, "Version of the configuration."},
    {"S", works, "Smart host."},
    {"M", works, "Masquerade as."},
    {"TLS_PERM_ERR", works, "Failed TLS requirements are permanent."},
    {"REJECT_MSG", works, "Text of REJECT entries."},
    {"RELAY_MSG", works, "Text of refused relaying."},
    {"RCPTREJ_MSG", works, "Text of refused recipients."},
    {"CERT_REGEX_ISSUER", works, "Regular expression: what CERTISSUER: looks for."},
    {"CERT_REGEX_SUBJECT", works, "Regular expression: what CERTSUBJECT: looks for."},
});

}  // namespace

std::span<const Word> features() { return kFeatures; }
std::span<const Word> mailers() { return kMailers; }
std::span<const Word> variables() { return kVariables; }
std::span<const Word> mc_macros() { return kMcMacros; }
std::span<const Word> cf_classes() { return kClasses; }
std::span<const Word> cf_macros() { return kMacros; }

}  // namespace signet::conf
