#include "command/address_test.h"

#include <netdb.h>
#include <sysexits.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "command/faces.h"
#include "command/mailer_words.h"
#include "command/named_checks.h"
#include "command/open_site.h"
#include "signet/base/text.h"
#include "signet/mail/address_list.h"
#include "signet/mail/envelope.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/route.h"
#include "signet/policy/virtual_user.h"

namespace signet::command {
namespace {

constexpr std::string_view kBanner =
    "ADDRESS TEST MODE (ruleset 3 NOT automatically invoked)\nEnter <ruleset> <address>\n";
constexpr std::string_view kPrompt = "> ";
constexpr std::string_view kHelp =
    "?                  this text\n"
    "/map NAME KEY      look a key up: access mailertable virtuser generics domaintable authinfo "
    "aliases\n"
    "/parse ADDRESS     where mail for it goes\n"
    "/try MAILER ADDR   what becomes of an address on its way out\n"
    "/tryflags HS       header or envelope (H E), sender or recipient (S R) of /try\n"
    "/canon HOST        the canonical name\n"
    "/mx HOST           mail exchangers\n"
    "/quit              end\n"
    "$M  $=C            a macro, a class; ${name} and $={name} too\n"
    ".DMvalue .CCvalue  define a macro, add to class w or R, for the decisions below\n"
    "=M                 mailers\n"
    "3,0 ADDRESS        as /parse\n"
    "check_relay NAME $| IP, check_mail ADDR, check_rcpt ADDR, check_compat ADDR, tls_client "
    "VERIFY, tls_server\n"
    "VERIFY, tls_rcpt ADDR, try_tls HOST, srv_features HOST: the decisions of these names.\n"
    "The client is .D{client_addr}IP .D{client_name}HOST .D{auth_type}MECH .D{auth_authen}USER\n"
    ".D{verify}OK .D{cipher_bits}N .D{cert_subject}DN .D{cert_issuer}DN .D{cn_subject}CN, the\n"
    "sender .Dfaddress, the server .D{server_name}HOST .D{server_addr}IP.\n"
    "Rewriting rules are not run here: signet explain shows a decision with its entry.\n";

std::string_view first_word(std::string_view& text) {
  text = trim(text);
  const auto end = std::min(text.find_first_of(" \t"), text.size());
  const auto word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

}  // namespace

AddressTest::AddressTest(const daemon::Site& site, const Streams& streams)
    : site_(site), inquiry_(site), streams_(streams), definitions_(site) {}

void AddressTest::say(std::string_view text) { streams_.out << printable(text, 4096) << '\n'; }

void AddressTest::run() {
  streams_.out << kBanner << kPrompt << std::flush;
  for (std::string line; std::getline(streams_.in, line);) {
    if (!command(trim(line))) return;
    streams_.out << kPrompt << std::flush;
  }
  streams_.out << '\n';
}

bool AddressTest::command(std::string_view line) {
  if (line.empty() || line.front() == '#') return true;
  switch (line.front()) {
    case '?':
      streams_.out << kHelp;
      return true;
    case '.':
      define(line.substr(1));
      return true;
    case '=':
      equals(line.substr(1));
      return true;
    case '$':
      if (line.starts_with("$=")) {
        show_class(line.substr(2));
      } else {
        show_macro(line.substr(1));
      }
      return true;
    case '/':
      return slash(line.substr(1));
    case '-':
      say(line.starts_with("-d") ? "No debug output here: the log says more from LogLevel 10 up"
                                 : "Usage: -d{debug arguments}");
      return true;
    default:
      rulesets(line);
      return true;
  }
}

bool AddressTest::slash(std::string_view line) {
  const auto word = first_word(line);
  auto rest = line;
  const auto first = first_word(rest);
  if (word == "quit") return false;
  if (word == "map") {
    if (first.empty()) {
      say("Usage: /map mapname key");
    } else if (rest.empty()) {
      say("No key specified");
    } else {
      look_up(first, rest);
    }
  } else if (word == "parse") {
    line.empty() ? say("Usage: /parse address") : parse(line);
  } else if (word == "try") {
    rest.empty() ? say("Usage: /try mailer address") : attempt(first, rest);
  } else if (word == "tryflags") {
    take_flags(line);
  } else if (word == "canon") {
    line.empty() ? say("Usage: /canon address") : find_canonical(first);
  } else if (word == "mx") {
    line.empty() ? say("Usage: /mx address") : find_mx(first);
  } else {
    say("Unknown \"/\" command /" + std::string(word));
  }
  return true;
}

void AddressTest::define(std::string_view line) {
  const char kind = line.empty() ? ' ' : line.front();
  if (kind != 'D' && kind != 'C') return say("Usage: .[DC]macro value(s)");
  line.remove_prefix(1);
  const auto name = take_macro_name(line);
  if (name.empty()) return say("Name required for macro/class");
  if (kind == 'D') {
    definitions_.set_macro(name, trim(line));
    return;
  }
  for (const auto word : words(line)) definitions_.add_to_class(name, word);
}

void AddressTest::show_macro(std::string_view name) {
  const auto value = definitions_.macro(take_macro_name(name));
  say(value.empty() ? "Undefined" : value);
}

void AddressTest::show_class(std::string_view text) {
  std::set<std::string> said;
  for (const auto& member : definitions_.members(take_macro_name(text))) {
    if (said.insert(member).second) say(member);
  }
}

void AddressTest::equals(std::string_view what) {
  if (what.empty()) return say("Usage: =Sruleset or =M");
  if (what.front() == 'S') {
    return say(
        "Rewriting rules are not run here, there are none to show: docs/rulesets.md names "
        "what does their work");
  }
  if (what.front() != 'M') return say("Unknown \"=\" command =" + std::string(what));
  int number = 0;
  for (const auto& mailer : site_.config->mailers) {
    std::string how = fmt::format("P=[IPC] A=TCP $h {}", mailer.port);
    if (mailer.name == "local") how = "to the mailbox";
    if (mailer.name == "prog") how = "not run";
    if (mailer.is_program()) how = fmt::format("P={} A={}", mailer.path, mailer.arguments);
    const auto* boxes = site_.deliver->site.mailboxes.get();
    if (boxes != nullptr && boxes->hop && boxes->mailer == mailer.name) {
      how = "P=[IPC] A=" + mailer.arguments;
    }
    say(fmt::format("mailer {} ({}): {}", number++, mailer.name, how));
  }
}

void AddressTest::show_found(std::string_view map, std::string_view key,
                             const Result<std::optional<std::string>>& found) {
  const std::string head = fmt::format("map_lookup: {} ({}) ", map, key);
  if (!found) {
    say(found.error().what);
    return say(head + "no match (75)");
  }
  say(*found ? head + "returns " + **found + " (0)" : head + "no match (0)");
}

void AddressTest::look_up(std::string_view map, std::string_view key) {
  const auto& receive = *site_.receive;
  const std::pair<std::string_view, const table::Table*> tables[] = {
      {"access", receive.access_map.get()},
      {"mailertable", receive.mailertable.get()},
      {"virtuser", receive.virtusertable.get()},
      {"virtusertable", receive.virtusertable.get()},
      {"generics", site_.deliver->rewriting.generics.get()},
      {"genericstable", site_.deliver->rewriting.generics.get()},
      {"domaintable", site_.deliver->rewriting.domains.get()},
      {"authinfo", site_.deliver->authinfo.get()}};
  for (const auto& [name, table] : tables) {
    if (name == map && table != nullptr) return show_found(map, key, table->find(key));
  }
  if (map == "aliases") {
    Result<std::optional<std::string>> found;
    for (const auto& table : receive.aliases) {
      found = table->find(key);
      if (!found || *found) break;
    }
    return show_found(map, key, found);
  }
  say("Map named \"" + std::string(map) + "\" not found");
}

// The line that sendmail ends with; above it which entries led there.
void AddressTest::parse(std::string_view given) {
  const auto address = mail::without_brackets(given);
  say("Parsing envelope recipient address");
  const auto found = policy::find_virtual_user(receive::virtual_users(*site_.receive), address);
  for (const auto& step : found.steps) say("rule " + step.rule + " " + step.value);
  if (found.error) return say("mailer error, reply " + found.error->line());
  const auto ways = deliver::routing(*site_.deliver, {});
  auto route = policy::route(ways, found.address);
  if (!route) return say("deferred: " + route.error().what);
  const auto is_nobody = [&] {
    return route->is_local() && !site_.receive->is_local_user(route->local_user);
  };
  if (is_nobody()) {
    auto luser = policy::route_unknown_user(ways, route->local_user, found.address);
    if (luser) route = std::move(*luser);
  }
  if (!route->rule.empty()) say("rule " + route->rule);
  if (route->kind == policy::Route::Kind::error) {
    return say("mailer error, reply " + route->error.line());
  }
  if (route->is_local() || route->kind == policy::Route::Kind::program) {
    say(mailer_words(route->mailer, route->host, route->user));
    if (is_nobody()) say("no such user: 550 5.1.1 User unknown");
    return;
  }
  for (const auto& hop : route->hops) {
    const std::string host = hop.use_mx ? hop.host : "[" + hop.host + "]";
    say(mailer_words(route->mailer, host, route->user));
  }
}

void AddressTest::attempt(std::string_view mailer, std::string_view given) {
  const auto& mailers = site_.config->mailers;
  const auto known = [&](const conf::Mailer& one) { return iequals(one.name, mailer); };
  if (std::ranges::none_of(mailers, known)) return say("Unknown mailer " + std::string(mailer));
  const std::string address(trim(given));
  say(fmt::format("Trying {} {} address {} for mailer {}", header_ ? "header" : "envelope",
                  sender_ ? "sender" : "recipient", address, mailer));
  const policy::Usage usage{.role = sender_ ? policy::Role::sender : policy::Role::recipient,
                            .place = header_ ? policy::Place::header : policy::Place::envelope,
                            .way = policy::way_of(to_lower(mailer))};
  std::optional<Error> failed;
  std::string rule;
  const auto changed = mail::change_addresses(address, [&](std::string_view one) {
    auto found = policy::rewrite_address(site_.deliver->site, site_.deliver->rewriting, one, usage);
    if (!found) {
      failed = std::move(found).error();
      return std::optional<std::string>();
    }
    if (found->rule.empty()) return std::optional<std::string>();
    rule = found->rule + (found->value.empty() ? "" : " " + found->value);
    return std::optional(std::move(found->address));
  });
  if (failed) say(failed->what);
  say(fmt::format("Rcode = {}, addr = {}", failed ? EX_TEMPFAIL : 0, changed.value_or(address)));
  if (!rule.empty()) say("rule " + rule);
}

void AddressTest::take_flags(std::string_view flags) {
  if (flags.empty()) return say("Usage: /tryflags [Hh|Ee][Ss|Rr]");
  for (const char flag : flags) {
    const char lower = to_lower(flag);
    if (lower == 'h' || lower == 'e') header_ = lower == 'h';
    if (lower == 's' || lower == 'r') sender_ = lower == 's';
  }
}

void AddressTest::find_canonical(std::string_view host) {
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string name(host);
  const int code = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (code != 0) return say(fmt::format("getcanonname({}): {}", name, gai_strerror(code)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  say(fmt::format("getcanonname({}) returns {}", name,
                  found->ai_canonname != nullptr ? found->ai_canonname : name));
}

void AddressTest::find_mx(std::string_view host) {
  auto asked = inquiry_.ask_mx(host);
  if (!asked) return say(asked.error().what);
  auto& answer = *asked;
  if (answer.found == dns::Found::temporary) {
    return say(fmt::format("getmxrr({}) failed: {}", host, answer.detail));
  }
  std::ranges::sort(answer.records, {}, &dns::MxRecord::preference);
  say(fmt::format("getmxrr({}) returns {} value(s):", host, answer.records.size()));
  for (const auto& record : answer.records) {
    say(fmt::format("\t{}. (pref {})", record.host, record.preference));
  }
}

// "3,0 address", "check_rcpt address"; several names go one after the other.
void AddressTest::rulesets(std::string_view line) {
  const auto names = first_word(line);
  if (line.empty()) return say("No address!");
  NamedChecks checks(site_, inquiry_, definitions_, [this](std::string_view text) { say(text); });
  bool parsed = false;
  for (const auto name : split(names, ',')) {
    if (name != "0" && !iequals(name, "parse")) {
      checks.ask(name, line);
    } else if (!std::exchange(parsed, true)) {
      parse(line);
    }
  }
}

int address_test(const daemon::ConfigurationSource& source) {
  const auto site = open_site(source);
  if (!site) return site.error();
  AddressTest(**site, {.in = std::cin, .out = std::cout, .err = std::cerr}).run();
  return std::cout.flush() ? EX_OK : EX_IOERR;
}

}  // namespace signet::command
