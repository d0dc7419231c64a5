// Keys in sendmail's order: the whole address; then, where there is a detail, user++ (the detail is
// not empty), user+* and user; then the same without the user, and the domain alone. Parents of the
// domain are not tried.
#include "signet/policy/virtual_user.h"

#include <utility>

#include "policy/parameters.h"
#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/ldap_routing.h"
#include "signet/policy/route.h"

namespace signet::policy {
namespace {

constexpr std::size_t kMostSteps = 16;  // entries may lead in circles

struct VirtualEntry {
  std::string key;
  std::string value;  // %0 to %3 filled in
};
using VirtualLookup = Result<std::optional<VirtualEntry>>;

// %0: the key; %1 %2 %3: user, detail, +detail. Without a detail, or where the key names it, %1 is
// all.
struct Parameters {
  std::string_view user, detail, tail;
};

// Asks for one key after another until one is there or the map fails.
class VirtualSearch final {
 public:
  VirtualSearch(const table::Table& map, std::string_view domain)
      : map_(map), rest_("@" + std::string(domain)) {}

  // True: the search is over.
  [[nodiscard]] bool ask(std::string_view user, std::string_view mark,
                         const Parameters& parameters) {
    std::string key(user);
    key += mark;
    key += rest_;
    auto value = map_.find(key);
    if (!value) {
      found_ = std::unexpected(std::move(value).error().within("virtusertable"));
      return true;
    }
    if (!*value) return false;
    const std::string_view all[] = {key, parameters.user, parameters.detail, parameters.tail};
    auto filled = fill_parameters(trim(**value), all);
    found_ = VirtualEntry{std::move(key), std::move(filled)};
    return true;
  }

  [[nodiscard]] VirtualLookup result() { return std::move(found_); }

 private:
  const table::Table& map_;
  const std::string rest_;
  VirtualLookup found_ = std::nullopt;
};

bool search_keys(VirtualSearch& search, std::string_view local) {
  const Parameters whole{.user = local, .detail = {}, .tail = {}};
  if (search.ask(local, {}, whole)) return true;
  const auto split = mail::split_detail(local);
  if (!split.detail) return search.ask({}, {}, whole);
  const Parameters parts{
      .user = split.user, .detail = *split.detail, .tail = local.substr(split.user.size())};
  for (const auto user : {split.user, std::string_view()}) {
    if (!parts.detail.empty() && search.ask(user, "++", parts)) return true;
    if (search.ask(user, "+*", parts) || search.ask(user, {}, parts)) return true;
  }
  return false;
}

VirtualLookup find_virtual_entry(const table::Table& map, std::string_view local,
                                 std::string_view domain) {
  VirtualSearch search(map, domain);
  (void)search_keys(search, local);
  return search.result();
}

// "local:user" is the user; so is "\user", which tells sendmail to look for no alias.
std::string_view without_mailer(std::string_view value) {
  constexpr std::string_view kLocal = "local:";
  if (istarts_with(value, kLocal)) value.remove_prefix(kLocal.size());
  if (value.starts_with('\\')) value.remove_prefix(1);
  return trim(value);
}

// What virtusertable leaves of a domain mailertable may send on, or DNS give to us.
bool is_routed(const VirtualOptions& options, const mail::Address& address) {
  const RouteOptions routing{
      .site = options.site, .mailertable = options.mailertable, .smart_host = {}};
  const auto ours = is_ours_by_mx(routing, address.domain_key());
  if (!ours || *ours) return true;
  if (options.mailertable == nullptr) return false;
  const auto found = route_before_aliases(routing, address.text());
  return !found || found->rule.starts_with("mailertable:");
}

void misconfigure(VirtualUser& found, std::string_view what) {
  const auto& last = found.steps.back();
  found.trouble = last.rule + " " + printable(last.value, 80) + ": " + std::string(what);
  found.error = {451, "4.3.5", "Local configuration error"};
}

// REWRITE_RECIPIENT. False: it leads to no address.
bool rewrite_recipient(const SiteOptions& site, VirtualUser& found) {
  if (!site.patterns || site.patterns->recipient_rewrites.empty()) return true;
  const auto address = mail::parse_address(found.address);
  if (!address) return true;
  const std::string text =
      address->domain.empty() ? address->local : address->local + "@" + address->domain_key();
  auto rewritten = rewrite_by_patterns(site.patterns->recipient_rewrites, text);
  if (!rewritten) return true;
  found.steps.push_back({std::move(rewritten->rule), rewritten->address});
  if (rewritten->address.size() > kLongestFilled || !mail::parse_address(rewritten->address)) {
    misconfigure(found, "no address");
    return false;
  }
  found.address = std::move(rewritten->address);
  return true;
}

enum class Led { nowhere, on, to_the_end };

// FEATURE(ldap_routing). Who is on another host keeps the address: delivery asks again, and says
// there what the directory calls him.
Led follow_directory(const SiteOptions& site, VirtualUser& found) {
  const auto address = mail::parse_address(found.address);
  if (!address) return Led::nowhere;
  auto way = find_ldap_route(site, *address);
  if (!way) {
    found.trouble = way.error().what;
    found.error = map_failed(way.error()).reply;
    return Led::to_the_end;
  }
  if (way->nobody) {
    found.error = {550, "5.1.1", "User unknown"};
    return Led::to_the_end;
  }
  if (way->rule.empty()) return Led::nowhere;
  found.steps.push_back({std::move(way->rule), std::move(way->value)});
  if (way->is_elsewhere()) return Led::to_the_end;
  if (way->address.empty() || iequals(way->address, found.address)) return Led::nowhere;
  if (way->address.size() > kLongestFilled || !mail::parse_address(way->address)) {
    misconfigure(found, "no address");
    return Led::to_the_end;
  }
  found.address = std::move(way->address);
  return Led::on;
}

// One entry of virtusertable further. False: that is the end.
bool take_step(const VirtualOptions& options, VirtualUser& found) {
  if (options.virtusertable == nullptr) return false;
  const auto address = mail::parse_address(found.address);
  if (!address || address->domain.empty()) return false;
  std::string domain = address->domain_key();
  if (domain == "localhost") domain = to_lower(options.site->host);
  const bool ours = is_local_domain(*options.site, domain);
  if (!ours && !is_virtual_domain(*options.site, domain)) return false;
  auto entry = find_virtual_entry(*options.virtusertable, address->local, domain);
  if (!entry) {
    found.trouble = entry.error().what;
    found.error = map_failed(entry.error()).reply;
    return false;
  }
  if (!*entry) {
    if (!ours && !is_routed(options, *address)) found.error = {550, "5.1.1", "User unknown"};
    return false;
  }
  auto& [key, value] = **entry;
  found.steps.push_back({"virtusertable:" + key, value});
  constexpr std::string_view kError = "error:";
  if (istarts_with(value, kError)) {
    found.error = parse_error_mailer(std::string_view(value).substr(kError.size()));
    return false;
  }
  const auto next = without_mailer(value);
  if (next.size() > kLongestFilled || !mail::parse_address(next)) {
    misconfigure(found, "no address");
    return false;
  }
  found.address = next;
  return true;
}

}  // namespace

VirtualUser find_virtual_user(const VirtualOptions& options, std::string_view recipient) {
  VirtualUser found{.address = std::string(recipient), .error = {}, .trouble = {}, .steps = {}};
  if (!rewrite_recipient(*options.site, found)) return found;
  for (;;) {
    const Led led = follow_directory(*options.site, found);
    if (led == Led::to_the_end || (led == Led::nowhere && !take_step(options, found))) break;
    if (found.steps.size() < kMostSteps) continue;
    misconfigure(found, "entries lead in a circle");
    break;
  }
  return found;
}

}  // namespace signet::policy
