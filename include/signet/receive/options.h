// What the receiving side needs to know of the configuration: made by `daemon`, never changed,
// shared by all sessions that began under it (decision 0006).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "signet/mail/facts.h"
#include "signet/mail/header.h"
#include "signet/policy/access.h"
#include "signet/policy/aliases.h"
#include "signet/policy/server.h"
#include "signet/policy/virtual_user.h"
#include "signet/receive/mail_filter.h"
#include "signet/sasl/server.h"
#include "signet/smtp/server_session.h"
#include "signet/table/table.h"
#include "signet/tls/context.h"

namespace signet::receive {

// One DAEMON_OPTIONS entry.
struct Port {
  std::string name;  // Name=
  std::shared_ptr<const smtp::ServerOptions> session;
  std::shared_ptr<const tls::Context> tls;  // null: no STARTTLS here
  bool auth = true;                         // modifier A turns it off
  std::string address;                      // Addr= as it stands, for ${daemon_addr}
  MailFilters filters;                      // asked by its sessions, which are `filtered` then
};

// A field of ours in the words of the site, its folds in it; `author`: of the message.
using HeaderForm = std::function<std::string(const mail::Trace&, const mail::Envelope&,
                                             const std::string& author)>;
struct HeaderForms {  // empty: as it is
  HeaderForm received;
  HeaderForm from;
  HeaderForm message_id;
};

struct Options {
  std::string host;                      // $j
  std::string version;                   // "$v/$Z" of Received:
  std::string mailer = "MAILER-DAEMON";  // author of what is from <>
  HeaderForms forms;
  policy::SiteOptions site;
  std::shared_ptr<const table::Table> access_map;  // may be null
  policy::AccessOptions access;
  std::shared_ptr<const table::Table> domaintable;    // may be null
  std::shared_ptr<const table::Table> virtusertable;  // may be null
  std::shared_ptr<const table::Table> mailertable;    // may be null
  policy::AliasMaps aliases;
  bool maps_wait = false;  // one of these asks another program: decisions are looked ahead of
  std::size_t max_alias_recursion = 10;
  // Text behind "220 ", all macros expanded.
  std::function<std::string(const mail::PeerFacts&, WallTime)> greeting;
  // May local mail for this user be taken? Unknown users are refused at RCPT.
  std::function<bool(std::string_view user)> is_local_user;
  bool user_lookup_blocks = false;               // it asks the name service: a worker does
  sasl::ServerOptions sasl;                      // without the facts of one session
  std::vector<std::string> mechanisms_clear;     // offered before TLS
  std::vector<std::string> mechanisms_tls;       // offered under TLS
  std::vector<std::string> mechanisms_external;  // under TLS with a verified certificate
  bool tls_features = false;                     // FEATURE(tls_session_features)
  bool auth_warnings = false;  // PrivacyOptions: a field about clients that did not say HELO
  mail::WithoutRecipients without_recipients = mail::WithoutRecipients::none;
  bool receipts_by_header = false;  // RrtImpliesDsn
  int max_hops = 25;
  std::uint64_t max_header_bytes = 32768;  // 0: no limit
  std::uint64_t min_free_bytes = 0;        // 452 at MAIL below this
  std::size_t most_a_second = 0;           // sessions begun, by all loops; 0: no limit
  double refuse_load = 0;                  // load average; 0: never
  double delay_load = 0;                   // from this on each command waits a second; 0: never
  std::function<double()> load_average;    // now; asked where one of these is set
  std::chrono::seconds reject_log_interval{10800};  // a line in the log that it goes on
  std::function<bool()> is_short_of_memory{};       // RefuseLowMem; empty: not asked
  std::size_t max_sessions = 0;                     // of all loops; 0: no limit
  std::size_t max_descriptors = 0;           // their connections and those to filters; 0: no limit
  std::chrono::seconds lookup_timeout{20};   // client name, sender domain
  std::chrono::seconds list_patience{10};    // block lists
  std::chrono::seconds auth_patience{30};    // with who checks passwords, for each step
  std::chrono::milliseconds greet_pause{0};  // FEATURE(greet_pause), where the access map says none
  bool asks_greet_pause = false;
  struct Limit {
    bool used = false;       // FEATURE(ratecontrol), FEATURE(conncontrol)
    bool at_once = false;    // `nodelay`: at the greeting even with delay_checks
    bool terminate = false;  // `terminate`: 421
  };
  Limit rate;
  Limit connections;
  std::chrono::seconds rate_window{60};  // ConnectionRateWindowSize
  // What mail filters are told, and how much of what they do is logged.
  milter::MacroLists filter_macros;
  int filter_log_level = 9;
  std::string smart_host;  // for ${rcpt_host} and the like
  // $j and what else is defined for all sessions; empty: not defined.
  std::function<std::optional<std::string>(std::string_view name)> site_macro;
};

// Who gets the mail for a recipient under these options, which the result refers to.
[[nodiscard]] inline policy::VirtualOptions virtual_users(const Options& options) {
  return {.site = &options.site,
          .virtusertable = options.virtusertable.get(),
          .mailertable = options.mailertable.get()};
}

// The same with the aliases. May block where user_lookup_blocks.
[[nodiscard]] inline policy::AliasOptions aliases(const Options& options) {
  return {.virtual_users = virtual_users(options),
          .maps = &options.aliases,
          .most_deep = options.max_alias_recursion,
          .is_local_user = options.is_local_user};
}

}  // namespace signet::receive
