// Where a recipient goes: local mailbox, mailertable entry, smart host or its own MX (sendmail's
// parse rulesets as one function). And with which credentials (authinfo). Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"
#include "signet/base/result.h"
#include "signet/base/secret.h"
#include "signet/mail/reply.h"
#include "signet/policy/access.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/server.h"
#include "signet/table/table.h"

namespace signet::policy {

// A next hop as written in mailertable or SMART_HOST: "host", "[host]" (no MX), "[1.2.3.4]:587",
// "host:2526", "[IPv6:::1]:25".
struct NextHop {
  std::string host;    // lower case name, or address text; a socket of this host: its path
  bool use_mx = true;  // false: in brackets, or an address
  std::uint16_t port = 25;
  bool lmtp = false;  // RFC 2033
  bool helo = false;  // HELO, unless the greeting says ESMTP
  bool operator==(const NextHop&) const = default;
};
[[nodiscard]] std::optional<NextHop> parse_next_hop(std::string_view text,
                                                    std::uint16_t default_port);

// Who has the mailboxes of this host where the agent does not write them (confLOCAL_MAILER).
struct Mailboxes {
  std::string mailer;            // "cyrus", "cyrusv2", "local"
  std::optional<NextHop> hop{};  // a server that speaks LMTP; empty: the mailer is a program
  // Flag 5: hub and relays are asked about users; a program hears of the detail as its host.
  bool asks_relays = false;
  // The users that this host knows: LUSER_RELAY gets the others. Null: it is not asked about them.
  std::shared_ptr<const table::Table> accounts{};
};

struct Route {
  // mailbox: one that the agent writes. Whoever else has the mailboxes of this host gets mail for
  // its users by LMTP (remote) or as a program, and then local_user says for whom.
  enum class Kind { mailbox, remote, program, error };
  Kind kind = Kind::error;
  std::string mailer;      // "local", "esmtp", "smtp", "relay", "procmail": as the maillog shows it
  std::string local_user;  // whom of this host it is for, with the detail, whoever has his mailbox
  std::vector<NextHop> hops;  // remote: one after another (mailertable "a:b" lists), usually one
  std::string host;           // program: $h of its arguments, whatever that is to it
  std::string user;           // mailbox: its name; remote: address for RCPT; program: $u
  mail::Reply error;          // kind error
  std::string rule;  // "mailertable:example.org", "SMART_HOST", "MAIL_HUB", "class w", "MX"
  [[nodiscard]] bool is_local() const { return !local_user.empty(); }
  // To another host or a program, not to a user of this host.
  [[nodiscard]] bool goes_on() const { return !is_local() && kind != Kind::error; }
  [[nodiscard]] Way way() const { return is_local() ? Way::local : way_of(mailer); }
};

struct RouteOptions {
  const SiteOptions* site = nullptr;
  const table::Table* mailertable = nullptr;  // may be null
  const table::Table* sendertable = nullptr;  // may be null
  std::string_view sender = {};               // of the envelope; outlives the call
  std::string smart_host;                     // DS: "[relay.example.net]:587", "esmtp:host"
  std::uint16_t port = 25;                    // of esmtp's arguments, TCP $h PORT
  std::uint16_t smtp_port = 0;                // of smtp's; 0: as esmtp
  std::uint16_t smtp8_port = 0;               // of smtp8's; 0: as esmtp
  std::uint16_t relay_port = 0;               // of relay's; 0: as esmtp
  std::string_view smtp_mailer = "esmtp";     // confSMTP_MAILER: of mail by MX; outlives the call
  std::string_view relay_mailer = "relay";    // confRELAY_MAILER: where hosts stand without one
};
// Behind aliases. Asks Mailboxes::accounts, so that LUSER_RELAY has got those of their users whom
// nobody knows. An error: a map failed; try later.
[[nodiscard]] Result<Route> route(const RouteOptions& options, std::string_view recipient);
// Of an address that may still be an alias, or a sender's: nobody is asked whether a user exists.
[[nodiscard]] Result<Route> route_before_aliases(const RouteOptions& options,
                                                 std::string_view recipient);

// Does the local part make the recipient an option of the program that is to get the mail? Then it
// could only bounce. False also where a map failed.
[[nodiscard]] bool is_option_of_program(const RouteOptions& options, std::string_view recipient);

// The user of this host, with the detail, to whom the address leads, known or not. Empty:
// elsewhere.
[[nodiscard]] Result<std::optional<std::string>> find_local_user(const RouteOptions& options,
                                                                 std::string_view recipient);
// Is he one of Mailboxes::accounts, or are these not asked?
[[nodiscard]] Result<bool> has_account(const SiteOptions& site, std::string_view user);

// FEATURE(bestmx_is_local): are the users of a domain outside class w ours, because DNS says so and
// mailertable does not send them elsewhere? An error: one of them failed.
[[nodiscard]] Result<bool> is_ours_by_mx(const RouteOptions& options, std::string_view domain);

// Where mail for a user of this host goes who has no mailbox (LUSER_RELAY). `recipient` led to him.
// Empty: back.
[[nodiscard]] std::optional<Route> route_unknown_user(const RouteOptions& options,
                                                      const std::string& user,
                                                      std::string_view recipient);

// An AuthInfo: entry.
struct AuthInfo {
  std::string user;                     // U
  std::string authid;                   // I
  Secret password;                      // P
  std::string realm;                    // R
  std::vector<std::string> mechanisms;  // M, instead of ours; empty: ours
};
// `feature`: the separate authinfo table, or null: AuthInfo: entries of the access map.
[[nodiscard]] Result<std::optional<AuthInfo>> find_auth_info(const Access& access,
                                                             const table::Table* feature,
                                                             std::string_view server_name,
                                                             const IpAddress& server_address);

}  // namespace signet::policy
