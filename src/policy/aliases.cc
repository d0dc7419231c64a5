// Keys in sendmail's order: user+detail, user+*, user. What an entry names is looked up again,
// until nothing is found or it is named "\user". An entry that names itself means the mailbox.
#include "signet/policy/aliases.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/alias_text.h"
#include "signet/policy/route.h"

namespace signet::policy {
namespace {

struct AliasHit {
  std::string key;
  std::string value;
};

// Also who is one by `local:` in mailertable. Empty: it is another host's.
Result<std::optional<std::string>> user_here(const VirtualOptions& options, std::string_view text) {
  if (auto user = user_of_this_host(*options.site, text)) return user;
  if (options.mailertable == nullptr) return std::nullopt;
  auto way =
      route({.site = options.site, .mailertable = options.mailertable, .smart_host = {}}, text);
  if (!way) return std::unexpected(std::move(way).error());
  if (way->kind != Route::Kind::local) return std::nullopt;
  return std::move(way->user);
}

class AliasSearch final {
 public:
  explicit AliasSearch(const AliasOptions& options) : options_(options) {}

  [[nodiscard]] Recipients run(std::string_view recipient) {
    auto first = find_virtual_user(options_.virtual_users, recipient);
    found_.steps = std::move(first.steps);
    found_.trouble = std::move(first.trouble);
    if (first.error) {
      found_.error = std::move(first.error);
      return std::move(found_);
    }
    const auto user = user_here(options_.virtual_users, first.address);
    if (!user) {
      fail(map_failed(user.error()).reply, user.error().what);
      return std::move(found_);
    }
    if (!*user) {
      keep(first.address);
      hear_of_refusal();
      return std::move(found_);
    }
    const auto before = found_.steps.size();
    take_user(**user, first.address);
    if (found_.steps.size() == before && stays_here(first.address)) found_.local_user = **user;
    if (!found_.error && found_.addresses.empty()) loop("aliasing/forwarding loop broken");
    hear_of_refusal();
    return std::move(found_);
  }

 private:
  [[nodiscard]] const SiteOptions& site() const { return *options_.virtual_users.site; }

  void fail(mail::Reply reply, std::string trouble) {
    found_.error = std::move(reply);
    found_.trouble = std::move(trouble);
  }
  void misconfigured(const AliasHit& hit, const std::string& what) {
    fail({451, "4.3.5", "Local configuration error"}, "alias " + hit.key + ": " + what);
  }
  void loop(std::string text) {
    std::string trouble = text;
    fail({554, "5.4.6", std::move(text)}, std::move(trouble));
  }

  [[nodiscard]] RouteOptions routing() const {
    return {.site = &site(), .mailertable = options_.virtual_users.mailertable, .smart_host = {}};
  }
  // In a mailbox, which must be there: no hub has it, nor whoever takes the mail of nobody.
  [[nodiscard]] bool stays_here(const std::string& address) const {
    const auto way = route(routing(), address);
    if (!way || way->kind != Route::Kind::local) return false;
    const auto luser = route_unknown_user(routing(), address);
    return !luser || luser->kind == Route::Kind::local;
  }
  // What leads nowhere but to a refusal is refused now, while the client listens.
  void hear_of_refusal() {
    const bool possible = site().local_mail.redirect || options_.virtual_users.mailertable;
    if (!possible || found_.error || found_.addresses.size() != 1) return;
    auto way = route(routing(), found_.addresses.front());
    const bool said = way && (way->rule == "redirect" || way->rule.starts_with("mailertable:"));
    if (!said || way->kind != Route::Kind::error || !way->error.permanent()) return;
    found_.steps.push_back({way->rule, {}});
    found_.error = std::move(way->error);
  }

  [[nodiscard]] bool has_mailbox(const std::string& name) const {
    return !options_.is_local_user || options_.is_local_user(name);
  }

  // No alias is known. LUSER_RELAY may name who takes the mail of nobody; where that is another
  // host, delivery sends it on.
  void keep_user(const std::string& user, const std::string& address) {
    if (site().local_mail.luser_relay.empty() || taken_by_luser_) return keep(address);
    auto way = route(routing(), address);
    if (!way || way->kind != Route::Kind::local) return keep(address);
    auto luser = route_unknown_user(routing(), address);
    if (!luser || luser->kind == Route::Kind::remote || has_mailbox(user)) return keep(address);
    if (luser->kind == Route::Kind::local) {
      taken_by_luser_ = true;  // who is nobody himself gets no second chance
      found_.steps.push_back({"LUSER_RELAY", site().local_mail.luser_relay});
      const auto steps = found_.steps.size();
      take_user(luser->user, luser->user);
      if (chain_.empty() && found_.steps.size() == steps) found_.local_user = luser->user;
      taken_by_luser_ = false;
      return;
    }
    if (!chain_.empty()) return keep(address);  // of a list: the others get theirs
    found_.steps.push_back({"LUSER_RELAY", site().local_mail.luser_relay});
    found_.error = std::move(luser->error);
  }

  void keep(const std::string& address) {
    const auto user = user_of_this_host(site(), address);
    const auto parsed = mail::parse_address(address);
    std::string same = address;
    if (user) {
      same = to_lower(*user);
    } else if (parsed) {
      same = parsed->local + "@" + parsed->domain_key();
    }
    if (!kept_.insert(same).second) return;
    if (found_.addresses.size() == kMostMembers) {
      return fail({452, "4.5.3", "Too many recipients"},
                  "an alias has more than " + std::to_string(kMostMembers) + " members");
    }
    found_.addresses.push_back(address);
  }

  [[nodiscard]] Result<std::optional<AliasHit>> ask(const std::string& key) const {
    for (const auto& map : *options_.maps) {
      auto value = map->find(key);
      if (!value) return std::unexpected(std::move(value).error().within("aliases"));
      if (*value) return AliasHit{key, std::move(**value)};
    }
    return std::nullopt;
  }
  [[nodiscard]] Result<std::optional<AliasHit>> look_up(std::string_view user) const {
    std::string key = to_lower(user);
    auto hit = ask(key);
    const auto plus = key.find('+', 1);
    const bool whole = plus == std::string::npos || site().local_mail.whole_names;
    if (!hit || *hit || whole) return hit;
    key.resize(plus);
    hit = ask(key + "+*");
    if (!hit || *hit) return hit;
    return ask(key);
  }

  // `address` is how the user was named.
  void take_user(const std::string& user, const std::string& address) {
    if (options_.maps == nullptr) return keep_user(user, address);
    auto hit = look_up(user);
    if (!hit) return fail(map_failed(hit.error()).reply, hit.error().what);
    if (!*hit) return keep_user(user, address);
    const auto own = std::ranges::find(chain_, (*hit)->key);
    if (own != chain_.end()) return break_circle(own, user, address);
    if (!expanded_.insert((*hit)->key).second) return;  // its members are there already
    if (chain_.size() >= options_.most_deep) {
      return loop("aliasing/forwarding loop broken (" + std::to_string(chain_.size() + 1) +
                  " aliases deep; " + std::to_string(options_.most_deep) + " max)");
    }
    found_.steps.push_back({"alias:" + (*hit)->key, (*hit)->value});
    chain_.push_back((*hit)->key);
    take_members(**hit);
    chain_.pop_back();
  }

  // The first of the circle who has a mailbox gets the mail there.
  void break_circle(std::vector<std::string>::const_iterator from, const std::string& user,
                    const std::string& address) {
    if (has_mailbox(user)) return keep(address);
    const auto other = std::find_if(from, chain_.cend(),
                                    [this](const std::string& name) { return has_mailbox(name); });
    if (other != chain_.cend()) keep(*other);
  }

  void take_members(const AliasHit& hit) {
    const auto members = parse_alias_members(hit.value);
    if (!members) return misconfigured(hit, members.error());
    for (const auto& member : *members) {
      if (found_.error) return;
      take_member(hit, member);
    }
  }
  void take_member(const AliasHit& hit, const AliasMember& member) {
    using enum AliasMember::Kind;
    switch (member.kind) {
      case program:
        return misconfigured(hit, "programs are not run yet");
      case file:
        return misconfigured(hit, "files are not written yet");
      case include:
        return misconfigured(hit, "lists of :include: are not read yet");
      case final:
        return keep(member.text);
      case address:
        break;
    }
    // A member whom virtusertable knows as nobody stays as he is: delivery finds out.
    auto led = find_virtual_user(options_.virtual_users, member.text);
    for (auto& step : led.steps) found_.steps.push_back(std::move(step));
    if (!led.trouble.empty()) return fail(std::move(*led.error), std::move(led.trouble));
    const std::string& text = led.error ? member.text : led.address;
    const auto user = user_here(options_.virtual_users, text);
    if (!user) return fail(map_failed(user.error()).reply, user.error().what);
    if (*user) {
      take_user(**user, text);
    } else {
      keep(text);
    }
  }

  const AliasOptions& options_;
  Recipients found_;
  std::set<std::string> kept_;
  std::set<std::string> expanded_;
  bool taken_by_luser_ = false;
  std::vector<std::string> chain_;  // keys of the entries we are in
};

}  // namespace

Recipients find_recipients(const AliasOptions& options, std::string_view recipient) {
  return AliasSearch(options).run(recipient);
}

}  // namespace signet::policy
