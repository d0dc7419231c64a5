#include "command/way_on.h"

#include <sysexits.h>

#include <utility>

#include <fmt/format.h>

#include "command/mailer_words.h"
#include "signet/base/text.h"
#include "signet/daemon/inspect.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/tls.h"

namespace signet::command {
namespace {

std::string_view kind_of_step(std::string_view rule) {
  if (rule.starts_with("virtusertable:")) return "virtual";
  if (rule.starts_with("ldap_routing:")) return "directory";
  return rule.starts_with("REWRITE_") ? "rewrite" : "alias";
}

}  // namespace

bool WayOn::show_steps(const policy::Recipients& found) {
  for (const auto& step : found.steps) {
    if (step.value.empty()) continue;  // of a refusal: it is said there
    telling_.say(kind_of_step(step.rule), telling_.where(step.rule, step.value));
  }
  if (!found.error) return true;
  const bool has_directory = site_.receive->site.ldap_routing != nullptr;
  std::string why =
      has_directory ? "no entry of ldap_routing or virtusertable" : "no entry of virtusertable";
  if (!found.steps.empty()) why = found.steps.back().rule;
  if (why.starts_with("mailertable:")) why = telling_.where(why);
  if (!found.trouble.empty()) why = found.trouble;
  telling_.say("result", printable(found.error->line(), 1000) + ": " + printable(why, 1000));
  return false;
}

int WayOn::show(const std::string& recipient) {
  const auto found = policy::find_recipients(receive::aliases(*site_.receive), recipient);
  if (!show_steps(found)) return 1;
  // A list is taken whatever becomes of its members.
  if (found.members.size() == 1) return show_member(found.members.front());
  for (const auto& member : found.members) {
    telling_.say("member", printable(member.address));
    (void)show_member(member);
  }
  return EX_OK;
}

int WayOn::show_member(const mail::Recipient& member) {
  if (!member.owner.empty() && !sender_.empty()) {
    telling_.say("envelope", "from " + printable(member.owner) + ": the owner of the list");
  }
  const std::string as = " with the rights of " +
                         (member.user.empty() ? "DefaultUser" : "user " + printable(member.user));
  switch (member.kind) {
    case mail::Recipient::Kind::program:
      telling_.say("result", "to the program " + printable(member.address.substr(1), 1000) + as);
      return EX_OK;
    case mail::Recipient::Kind::file:
      telling_.say("result", "to the file " + printable(member.address, 1000) + as);
      return EX_OK;
    case mail::Recipient::Kind::list: {
      telling_.say("result", "to the members of " + printable(member.address, 1000) +
                                 ", read at delivery" + as);
      const auto fault = daemon::fault_of_list(*site_.config, member.address.substr(9));
      if (fault) telling_.say("unreadable", printable(*fault, 1000));
      return fault ? 1 : EX_OK;
    }
    case mail::Recipient::Kind::address:
    case mail::Recipient::Kind::mailbox:
    case mail::Recipient::Kind::alias:
      break;
  }
  return show_route_of(member.address);
}

void WayOn::show_sender(policy::Way way) {
  for (const auto& [what, place] : {std::pair("envelope", policy::Place::envelope),
                                    std::pair("header", policy::Place::header)}) {
    const auto found =
        policy::rewrite_address(site_.deliver->site, site_.deliver->rewriting, sender_,
                                {.role = policy::Role::sender, .place = place, .way = way});
    if (!found) {
      telling_.say(what, "waits: " + found.error().what);
    } else if (!found->rule.empty()) {
      telling_.say(what, printable(fmt::format("from {}: ", found->address), 1000) +
                             telling_.where(found->rule, found->value));
    }
  }
}

int WayOn::show_route_of(const std::string& given) {
  const auto renamed = policy::rename_domain(site_.receive->domaintable.get(), given);
  if (!renamed) {
    telling_.say("result", "waits: " + renamed.error().what);
    return EX_OK;
  }
  if (!renamed->rule.empty())
    telling_.say("renamed", telling_.where(renamed->rule, renamed->value));
  const std::string& address = renamed->address;
  auto route = policy::route(deliver::routing(*site_.deliver, sender_), address);
  if (!route) {
    telling_.say("result", "waits: " + route.error().what);
    return EX_OK;
  }
  if (route->is_local() && !site_.receive->is_local_user(route->local_user)) {
    // Who is told to take the mail of nobody must be somebody himself.
    const auto ways = deliver::routing(*site_.deliver, sender_);
    auto luser = policy::route_unknown_user(ways, route->local_user, address);
    if (!luser || luser->is_local()) {
      telling_.say("result",
                   "550 5.1.1 User unknown: there is no user " + printable(route->local_user));
      return 1;
    }
    route = std::move(*luser);
  }
  if (!sender_.empty() && route->kind != policy::Route::Kind::error) show_sender(route->way());
  const std::string why = telling_.where(route->rule);
  switch (route->kind) {
    case policy::Route::Kind::error:
      telling_.say("result", printable(route->error.line()) + ": " + why);
      return 1;
    case policy::Route::Kind::mailbox:
      telling_.say("result", "to the mailbox of " + printable(route->user) + ": " + why);
      return EX_OK;
    case policy::Route::Kind::program:
      if (policy::is_option_of_program(deliver::routing(*site_.deliver, sender_), address)) {
        telling_.say("result",
                     "553 5.1.3 an option for the program of mailer " + route->mailer + ": " + why);
        return 1;
      }
      telling_.say("result", fmt::format("to the program of {}: {}",
                                         mailer_words(route->mailer, printable(route->host, 1000),
                                                      printable(route->user, 1000)),
                                         why));
      return EX_OK;
    case policy::Route::Kind::remote:
      break;
  }
  if (route->is_local()) {
    telling_.say("result", fmt::format("to the mailbox of {} by LMTP, mailer {}: {}",
                                       printable(route->user), route->mailer, why));
  } else {
    telling_.say("result", "goes on by mailer " + route->mailer + ": " + why);
  }
  for (const auto& hop : route->hops) show_hop(hop);
  return EX_OK;
}

void WayOn::show_hop(const policy::NextHop& hop) {
  if (hop.host.starts_with('/')) return telling_.say("next hop", "socket " + printable(hop.host));
  telling_.say("next hop", fmt::format("{} port {}{}", printable(hop.host), hop.port,
                                       hop.use_mx ? ", by its MX hosts" : ""));
  const auto address = IpAddress::parse(hop.host);
  const policy::Access access(site_.receive->access_map.get(), site_.receive->access);
  const policy::TlsPeer server{hop.host, address ? *address : IpAddress()};
  const auto attempt = policy::judge_try_tls(access, site_.receive->site, server);
  if (attempt.rejected())
    telling_.say("Try_TLS", "STARTTLS is not used: " + telling_.where(attempt.rule, attempt.value));
  mail::TlsFacts none;
  none.verify = mail::Verify::none;
  mail::TlsFacts unverified;
  unverified.verify = mail::Verify::fail;
  unverified.version = "TLS";
  unverified.cipher_bits = 256;
  mail::TlsFacts verified = unverified;
  verified.verify = mail::Verify::ok;
  verified.cn_subject = hop.host;
  const std::pair<std::string_view, const mail::TlsFacts*> cases[] = {
      {"without TLS", &none}, {"unverified", &unverified}, {"verified", &verified}};
  for (const auto& [what, tls] : cases) {
    if (attempt.rejected() && tls != &none) continue;
    const auto verdict =
        policy::judge_tls_server(access, site_.receive->site, server, *tls, mail::AuthFacts());
    const std::string rule = verdict.rule == "default"
                                 ? "no TLS_Srv: entry"
                                 : telling_.where(verdict.rule, verdict.value);
    if (!verdict.rejected()) {
      telling_.say(what, "mail is sent: " + rule);
    } else {
      telling_.say(what, fmt::format("{}, mail {}: {}", printable(verdict.reply.line()),
                                     verdict.reply.permanent() ? "comes back" : "waits", rule));
    }
  }
}

}  // namespace signet::command
