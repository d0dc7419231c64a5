// The whole configuration as one value: made once by load() or parse(), then shared read-only
// (decision 0006). Defaults come from the table of settings (settings.h), not from this file.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"
#include "signet/conf/mail_filters.h"
#include "signet/conf/map_spec.h"
#include "signet/conf/origin.h"
#include "signet/conf/ports.h"

namespace signet::conf {

using std::chrono::seconds;

enum class DeliveryMode { background, interactive, queue_only, deferred };

enum class NoRecipientAction { none, add_to, add_apparently_to, add_bcc, add_to_undisclosed };

// Timeout.*, sendmail's names.
struct Timeouts {
  seconds initial{}, connect{}, aconnect{};
  std::optional<seconds> iconnect;  // empty: as connect
  seconds helo{}, mail{}, rcpt{}, datainit{}, datablock{}, datafinal{};
  seconds rset{}, quit{}, misc{}, command{}, lhlo{}, auth{}, starttls{};
  seconds queue_return{}, queue_warn{};     // 0 for queue_warn: never
  std::optional<seconds> queue_return_dsn;  // empty: as queue_return
  // Of other urgency; empty: as queue_return and queue_warn.
  std::optional<seconds> queue_return_urgent, queue_return_non_urgent;
  std::optional<seconds> queue_warn_urgent, queue_warn_non_urgent;
  seconds host_status{}, fileopen{};
  std::optional<seconds> resolver_retrans;  // empty: the resolver's own patience
  std::optional<std::uint64_t> resolver_retry;
};

struct SslOption {
  std::string name;  // "SSL_OP_NO_TLSv1", or a number
  bool on = true;
  bool operator==(const SslOption&) const = default;
};

struct KeyPairFiles {
  std::string certificate;
  std::string key;
  bool operator==(const KeyPairFiles&) const = default;
};

// A certificate for clients that ask for a name (SNI, RFC 6066 §3).
struct NamedPairFiles {
  std::string name;  // lower case; "*.rest" for one label
  KeyPairFiles files;
  bool operator==(const NamedPairFiles&) const = default;
};

enum class TlsVersion { tls1_0, tls1_1, tls1_2, tls1_3 };

struct Tls {
  std::vector<std::string> server_certificates, server_keys;  // one or two, in step
  std::vector<std::string> client_certificates, client_keys;
  std::vector<NamedPairFiles> server_names;  // ServerNames; a name may have two kinds of key
  TlsVersion least_version = TlsVersion::tls1_2;
  std::string ca_file, ca_path, crl_file, crl_path;
  std::string client_ca_file, client_ca_path;  // the client's own; both empty: those above
  std::string dh_parameters;
  std::string cipher_list;                                // TLS 1.2 and older
  std::string cipher_suites;                              // TLS 1.3
  bool request_client_certificate = true;                 // TLSSrvOptions V: false
  bool require_server_certificate = true;                 // TLSSrvOptions C: false
  std::vector<SslOption> server_options, client_options;  // in the order given
  std::string fingerprint_algorithm;
  bool fall_back_to_clear = false;

  [[nodiscard]] std::vector<KeyPairFiles> server_pairs() const;
  [[nodiscard]] std::vector<KeyPairFiles> client_pairs() const;
};

struct Auth {
  std::vector<std::string> mechanisms;  // AuthMechanisms, upper case
  std::string realm;                    // empty: $j
  // AuthOptions
  bool auth_parameter_only_if_authenticated = false;  // A
  bool no_active_attack = false;                      // a
  bool pass_credentials = false;                      // c
  bool no_dictionary = false;                         // d
  bool forward_secrecy = false;                       // f
  bool mutual = false;                                // m
  bool no_plaintext_without_layer = false;            // p
  bool no_anonymous = false;                          // y
};

struct Privacy {
  bool need_mail_helo = false, need_expn_helo = false, need_vrfy_helo = false;
  bool no_expn = false, no_vrfy = false, no_etrn = false, no_verb = false;
  bool no_receipts = false;     // DSN is not offered
  bool no_body_return = false;  // reports return the header alone, whatever RET says
  bool restrict_mailq = false, restrict_qrun = false, restrict_expand = false;
  bool auth_warnings = false;
  bool no_actual_recipient = false;  // reports have no X-Actual-Recipient
};

struct LogTarget {
  enum class Kind { syslog, standard_error, file };
  Kind kind = Kind::syslog;
  std::string file;
  bool operator==(const LogTarget&) const = default;
};

enum class MailboxFormat { mbox, maildir };

struct MailboxUsers {
  enum class Kind { passwd, file };
  Kind kind = Kind::passwd;
  std::string file;  // one user name a line
  bool operator==(const MailboxUsers&) const = default;
};

struct ClassMember {
  std::string text;
  Origin at;
};

struct Feature {
  std::string name;
  std::vector<std::string> args;
  std::optional<MapSpec> map;  // first argument, where the feature is about a map
  Origin at;
};

// A line of HEADER_CHECK and its relatives.
struct PatternLine {
  enum class About {
    header,
    required_header,
    sender,
    recipient,
    helo,
    client,
    sender_rewrite,
    recipient_rewrite,
  };
  About about = About::header;
  std::string macro;    // "HEADER_CHECK"
  std::string header;   // lower case; "*": every field
  std::string pattern;  // as written
  std::string action;   // as a value of the access map; of a rewrite: the replacement
  Origin at;
};

struct Map {
  std::string name;  // K line
  MapSpec spec;
  Origin at;
};

// An F line whose members a map holds: parted by blanks, or lines.
struct ClassMap {
  std::vector<std::string> classes;  // its own, and those that it is part of
  std::string key;                   // empty: a filter needs none
  MapSpec spec;
  bool optional = false;  // -o: without what cannot be asked
  Origin at;
};

struct Mailer {
  std::string name;
  std::uint16_t port = 25;           // TCP $h PORT
  std::string path;                  // P=
  std::string arguments;             // A=
  std::string user;                  // U=
  std::string folders;               // D=, a colon between two
  std::string flags;                 // F=
  std::uint64_t max_bytes = 0;       // M=: of a message; 0: no limit
  std::uint64_t max_messages = 0;    // m=: of one connection; 0: no limit
  std::uint64_t max_recipients = 0;  // r=: of one transaction; 0: the usual
  Origin at;
  // A program that recipients are routed to; local and prog have ways of their own.
  [[nodiscard]] bool is_program() const;
};

struct Given {
  std::string text;
  Origin at;
};

// What mail filters are told, by stage (Milter.macros.*): names as written.
struct FilterMacros {
  std::string connect, helo, mail, rcpt, data, end_of_header, end_of_message;
};

struct Config {
  std::string file;

  // O lines
  DeliveryMode delivery_mode = DeliveryMode::background;
  std::string greeting;  // SmtpGreetingMessage, macros unexpanded
  std::uint64_t log_level = 0;
  LogTarget log_target;
  std::uint64_t max_message_bytes = 0, max_recipients = 0, max_headers_bytes = 0;  // 0: no limit
  std::uint64_t max_hops = 0;
  std::uint64_t min_free_blocks = 0;
  std::uint64_t max_sessions = 0;  // MaxDaemonChildren; 0: no limit
  seconds connection_rate_window{60};
  std::uint64_t bad_rcpt_throttle = 0;  // 0: off
  seconds bad_rcpt_delay{1};
  std::uint64_t bad_rcpt_shutdown = 0, bad_rcpt_shutdown_good = 100;  // 0: off; a percentage
  std::uint64_t connection_throttle = 0;                      // connections a second; 0: no limit
  std::uint64_t refuse_load = 0;                              // load average; 0: never
  std::uint64_t delay_load = 0;                               // load average; 0: never
  std::uint64_t queue_load = 0;                               // load average; 0: never
  std::uint64_t refuse_low_memory = 0, queue_low_memory = 0;  // kilobytes; 0: never
  seconds reject_log_interval{};
  std::string memory_resource;  // of /proc/meminfo
  NoRecipientAction no_recipient_action = NoRecipientAction::none;
  bool bogus_helo = false;          // AllowBogusHELO
  bool receipts_by_header = false;  // RrtImpliesDsn
  bool mime_errors = true;          // SendMimeErrors: without it DSN is not offered
  std::optional<std::chrono::seconds> least_deliver_by{0};  // DeliverByMin; empty: not offered
  std::uint64_t max_noop_commands = 20;                     // 0: no limit
  std::string help_file;                                    // empty: the built-in help
  bool reject_nul = false;
  bool ignore_dots = false;     // of the sendmail command
  bool verbose = false;         // the same
  bool save_from_line = false;  // the same
  std::string error_mode;       // the same: "print", "quiet", "mail", "write", "e"
  Privacy privacy;
  std::string queue_directory;
  seconds min_queue_age{};
  std::optional<seconds> max_queue_age;
  std::optional<std::uint64_t> connection_cache_size;  // empty: no limit
  seconds connection_cache_timeout{};
  bool single_thread_delivery = false;
  bool hold_expensive = false;
  std::uint64_t max_queue_run_size = 0;  // 0: no limit
  std::string fallback_mx, fallback_smart_host;
  bool try_null_mx_list = false;
  std::optional<IpAddress> connect_only_to;
  std::string helo_name;  // empty: $j
  int traffic_class = 0;  // InetQoS
  bool soft_bounce = false;
  std::string double_bounce_address;  // empty: dropped
  std::string postmaster_copy;        // empty: nobody
  std::string dead_letter_drop;       // empty: dropped
  std::string error_header;           // a text, or the path of a file; macros unexpanded
  bool compressed_ipv6 = false;       // keys of the access map have "::"
  std::string alias_file;             // AliasFile as it stands
  std::vector<MapSpec> aliases;       // what it names
  bool check_aliases = false;
  std::uint64_t max_alias_recursion = 10;
  std::string default_user;           // "user", "user:group" or numbers; empty: the system's choice
  std::string forward_path;           // macros unexpanded, a colon between two
  std::string safe_file_environment;  // empty: files may be anywhere
  std::string from_line;              // UnixFromLine, macros unexpanded
  std::string smrsh_directory;
  std::string run_as_user;   // "user", "user:group" or numbers; empty: nobody named
  std::string trusted_user;  // who gets maps that newaliases builds; empty: nobody named
  std::string pid_file;
  std::string time_zone;                // empty: the system's
  std::vector<std::string> dont_blame;  // DontBlameSendmail, lower case
  std::optional<SocketAddress> resolver;
  std::uint64_t loops = 0;  // 0: one a core
  std::string mailbox_directory;
  MailboxFormat mailbox_format = MailboxFormat::mbox;
  MailboxUsers mailbox_users;
  std::string sasl_conf_dir;
  Timeouts timeouts;
  Tls tls;
  Auth auth;
  std::vector<std::string> input_filters;         // names, in the order they are asked
  std::optional<std::uint64_t> filter_log_level;  // empty: as log_level
  FilterMacros filter_macros;
  std::vector<DaemonPort> daemon_ports;
  std::vector<ClientPort> client_ports;

  // D, C and F, U, K, M, X lines
  std::map<std::string, Given, std::less<>> macros;
  std::map<std::string, std::vector<ClassMember>, std::less<>> classes;
  std::vector<ClassMap> class_maps;  // of the same classes, asked by whoever starts
  std::vector<Feature> features;
  std::vector<PatternLine> patterns;  // in the order of the file
  std::vector<Map> maps;
  LdapSpec ldap_defaults;
  std::vector<Mailer> mailers;
  std::vector<MailFilter> mail_filters;

  std::map<std::string, Given, std::less<>> header_forms;  // "received", "from", "message-id"

  std::map<std::string, Given, std::less<>> given;  // options as written, by cf name; for `explain`

  [[nodiscard]] std::string macro(std::string_view name) const;  // empty: not defined
  [[nodiscard]] std::string host() const { return macro("j"); }  // may hold $w, $m; empty: unset
  [[nodiscard]] std::string smart_host() const { return macro("S"); }
  [[nodiscard]] std::vector<std::string> members(std::string_view class_name) const;  // as written
  [[nodiscard]] std::vector<std::string> local_domains() const;       // class w, lower case
  [[nodiscard]] std::vector<std::string> relay_domains() const;       // class R, lower case
  [[nodiscard]] std::vector<std::string> trusted_mechanisms() const;  // TrustAuthMech, upper case
  [[nodiscard]] const Feature* feature(std::string_view name) const;  // null: not used
  [[nodiscard]] const Mailer* mailer(std::string_view name) const;
  [[nodiscard]] const MailFilter* mail_filter(std::string_view name) const;
  // Of a port: its own, or those of InputMailFilters.
  [[nodiscard]] const std::vector<std::string>& filters_of(const DaemonPort& port) const;
  [[nodiscard]] const Mailer* local_mailer() const;  // confLOCAL_MAILER; null: none of that name
  [[nodiscard]] bool tolerates(std::string_view what) const;  // DontBlameSendmail names it
};

}  // namespace signet::conf
