// "mailer:host" as mailertable, SMART_HOST, MAIL_HUB, LOCAL_RELAY and LUSER_RELAY write it
// (sendmail's ruleset MailerToTriple). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signet/mail/address.h"
#include "signet/policy/route.h"

namespace signet::policy {

struct TripleOrder {
  std::string_view text;    // "host", "mailer:host", "mailer:user@host", "local:user", "error:text"
  const mail::Address& to;  // whom the mail is for
  std::string rule;         // who says so
  std::string_view written = {};  // `text` before parameters were filled in; empty: as it is
  bool needs_mailer = false;      // "host" alone makes no sense
  bool renames = false;           // the host hears of user@host
};
// Empty: it names this host, so there is nothing to do.
[[nodiscard]] std::optional<Route> route_by_triple(const RouteOptions& options, TripleOrder order);

// By whoever has the mailboxes. `site` may be null.
[[nodiscard]] Route local_route(const SiteOptions* site, std::string user, std::string rule);
[[nodiscard]] Route error_route(mail::Reply error, std::string rule);
[[nodiscard]] Route remote_route(std::string_view mailer, std::vector<NextHop> hops,
                                 std::string user, std::string rule);
// Of the next hops of a mailer, where they name none.
[[nodiscard]] std::uint16_t port_of(const RouteOptions& options, std::string_view mailer);
// Does the text name this host, and no mailer? Then sendmail acts as if it were not there.
[[nodiscard]] bool names_this_host(const SiteOptions* site, std::string_view text);

}  // namespace signet::policy
