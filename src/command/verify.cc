// sendmail -bv: where mail for an address would go, by the daemon's own configuration.
#include <sysexits.h>

#include <iostream>

#include <fmt/format.h>

#include "command/mailer_words.h"
#include "command/open_site.h"
#include "command/submission.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"
#include "signet/daemon/site.h"
#include "signet/mail/address.h"
#include "signet/policy/aliases.h"
#include "signet/policy/route.h"
#include "signet/submit/message.h"

namespace signet::command {
namespace {

void refuse_address(const std::string& address, std::string_view why) {
  std::cout << printable(address) << "... " << printable(why) << '\n';
}

// False: mail for it would be refused.
bool show_way(const daemon::Site& site, const std::string& address) {
  const auto ways = deliver::routing(*site.deliver, {});
  auto route = policy::route(ways, address);
  if (!route) {
    refuse_address(address, "Deferred: " + route.error().what);
    return true;
  }
  if (route->is_local() && !site.receive->is_local_user(route->local_user)) {
    // Who is told to take the mail of nobody must be somebody himself.
    auto other = policy::route_unknown_user(ways, route->local_user, address);
    if (!other || other->is_local()) {
      refuse_address(address, "User unknown");
      return false;
    }
    route = std::move(*other);
  }
  if (route->kind == policy::Route::Kind::error) {
    refuse_address(address, route->error.text);
    return false;
  }
  if (policy::is_option_of_program(ways, address)) {
    refuse_address(address, "Invalid recipient address");
    return false;
  }
  const std::string shown = printable(address);
  if (route->is_local() || route->kind == policy::Route::Kind::program) {
    std::cout << fmt::format(
        "{}... deliverable: {}\n", shown,
        mailer_words(route->mailer, printable(route->host), printable(route->user)));
    return true;
  }
  for (const auto& hop : route->hops) {
    const std::string host = hop.use_mx ? hop.host + "." : "[" + hop.host + "]";
    std::cout << fmt::format("{}... deliverable: {}\n", shown,
                             mailer_words(route->mailer, host, shown));
  }
  return true;
}

void show_other(const mail::Recipient& recipient) {
  const bool program = recipient.kind == mail::Recipient::Kind::program;
  const std::string shown =
      printable(program ? "\"" + recipient.address + "\"" : recipient.address);
  std::cout << fmt::format("{}... deliverable: mailer {}, user {}\n", shown,
                           deliver::mailer_of(recipient), printable(recipient.address));
}

bool show_address(const daemon::Site& site, const std::string& address) {
  const auto found = policy::find_recipients(receive::aliases(*site.receive), address);
  if (found.error) {
    refuse_address(address, found.error->text);
    return false;
  }
  bool good = true;
  for (const auto& one : found.members) {
    if (one.is_address()) {
      good = show_way(site, one.address) && good;
    } else {
      show_other(one);
    }
  }
  return good;
}

}  // namespace

int verify_addresses(const Submission& order) {
  if (order.arguments.empty()) {
    std::cerr << "Recipient names must be specified\n";
    return EX_USAGE;
  }
  const auto site = open_site(order.source);
  if (!site) return site.error();
  bool good = true;
  for (const auto& argument : order.arguments) {
    for (const auto& address : submit::addresses_in(argument)) {
      good = show_address(**site, mail::plain_address(address)) && good;
    }
  }
  return good ? EX_OK : EX_NOUSER;
}

}  // namespace signet::command
