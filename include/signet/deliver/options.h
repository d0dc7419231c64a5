// What the delivering side needs to know of the configuration: made by `daemon`, never changed
// (decision 0006).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signet/net/connection.h"
#include "signet/policy/access.h"
#include "signet/policy/aliases.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/route.h"
#include "signet/policy/server.h"
#include "signet/queue/schedule.h"
#include "signet/smtp/client_session.h"
#include "signet/table/table.h"
#include "signet/tls/context.h"

namespace signet::deliver {

enum class Mode {
  at_once,     // background, interactive: an accepted message is tried immediately
  queue_only,  // it waits for a queue run
};

// Who is asked beside the hosts that a next hop names, or instead of them.
struct SearchOptions {
  std::optional<policy::NextHop> fallback_mx;          // behind the MX of every domain
  std::optional<policy::NextHop> fallback_smart_host;  // when nobody was found or answered
  bool try_null_mx_list = false;             // best MX of a domain ourselves: its own address
  std::optional<IpAddress> connect_only_to;  // instead of every address
};

// What the line of a mailer says.
struct MailerLimits {
  bool extended = true;          // greeted with EHLO whatever it says
  bool expensive = false;        // fresh mail waits for a queue run
  std::uint64_t max_bytes = 0;   // of a message; 0: no limit
  std::size_t recipients = 100;  // of one transaction; RFC 5321 §4.5.3.1.8: what servers take
  std::size_t messages = 1000;   // of one connection
};

struct Options {
  std::string host;     // $j
  std::string version;  // "$v/$Z" for DSNs
  policy::SiteOptions site;
  std::shared_ptr<const table::Table> access_map;  // may be null
  policy::AccessOptions access;
  std::shared_ptr<const table::Table> mailertable;    // may be null
  std::shared_ptr<const table::Table> sendertable;    // may be null
  std::shared_ptr<const table::Table> virtusertable;  // may be null; asked about our own reports
  policy::AliasMaps aliases;                          // the same
  std::size_t max_alias_recursion = 10;
  std::shared_ptr<const table::Table> authinfo;  // may be null: AuthInfo: of the access map
  bool maps_wait = false;  // one of these asks another program: decisions are looked ahead of
  std::string smart_host;
  policy::RewriteOptions rewriting;         // of addresses on their way out
  std::uint16_t port = 25;                  // of next hops, mailer esmtp
  std::uint16_t smtp_port = 0;              // mailer smtp; 0: as esmtp
  std::uint16_t smtp8_port = 0;             // mailer smtp8; 0: as esmtp
  std::uint16_t relay_port = 0;             // mailer relay; 0: as esmtp
  std::string smtp_mailer = "esmtp";        // confSMTP_MAILER: of mail by MX
  std::string relay_mailer = "relay";       // confRELAY_MAILER: of hosts that stand without one
  std::shared_ptr<const tls::Context> tls;  // null: no STARTTLS of ours
  bool fall_back_to_clear = false;          // TLSFallbacktoClear
  bool tls_features = false;                // FEATURE(tls_session_features)
  std::shared_ptr<const smtp::ClientOptions> session;
  std::string own_realm;                     // for AUTH, when authinfo names none
  std::vector<std::string> auth_mechanisms;  // AuthMechanisms
  // CLIENT_OPTIONS, one a family.
  struct Outgoing {
    net::Departure departure;
    bool auth = true;
    bool starttls = true;
  };
  Outgoing ipv4;
  Outgoing ipv6;
  SearchOptions search;
  std::chrono::seconds connect_timeout{300};
  std::optional<std::chrono::seconds> first_connect_timeout;  // first attempt; empty: the same
  std::chrono::seconds all_connects_timeout{0};  // of one delivery together; 0: no limit
  std::chrono::seconds idle_timeout{5};          // an idle connection waits so long for work
  std::size_t idle_connections = std::numeric_limits<std::size_t>::max();  // per loop
  // A next hop where nobody answers is left alone; twice as long each time, up to 64 times.
  std::chrono::milliseconds first_rest{5000};
  std::size_t connections_per_hop = 20;       // per loop
  std::size_t connections = 1000;             // per loop, to all next hops together
  std::size_t connections_per_address = 125;  // per loop; several next hops may name one host
  std::size_t messages_in_work = 10000;       // per loop; more wait in the schedule
  std::size_t most_in_run = std::numeric_limits<std::size_t>::max();  // of run_queue(), per loop
  std::map<std::string, MailerLimits, std::less<>> mailers;  // those not here have the usual ones
  [[nodiscard]] const MailerLimits& limits_of(std::string_view mailer) const;
  queue::RetryOptions retry;
  Mode mode = Mode::at_once;
  // Now mail waits for a queue run (QueueLA, QueueLowMem). Empty: it never does for that.
  std::function<bool()> only_queues{};
  bool run_queue = true;                      // -q: waiting messages are tried when due
  std::string mailer_name = "MAILER-DAEMON";  // $n: who sends reports
  std::string double_bounce = "postmaster";   // empty: dropped
  std::string postmaster_copy;                // who gets a copy of each report of a failure
  bool reports_name_actual_recipient = true;
  bool receipts = true;      // NOTIFY=SUCCESS is answered
  bool returns_body = true;  // RET=FULL is, in reports of failures
  std::string dead_letters;  // mbox for what nobody can be told about; empty: dropped
  std::string error_header;  // lines for people who read a report
};

// Mailer of what is no address: "prog", "*file*", "*include*".
[[nodiscard]] std::string_view mailer_of(const mail::Recipient& recipient);

// How recipients are routed under these options, which the result refers to.
// `sender` of the message, for the sendertable; outlives the result.
[[nodiscard]] policy::RouteOptions routing(const Options& options, std::string_view sender);

}  // namespace signet::deliver
