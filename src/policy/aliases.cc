// Keys in sendmail's order: user+detail, user+*, user. What an entry names is looked up again,
// until nothing is found or it is named "\user". An entry that names itself means the mailbox.
// Where there is an owner-LIST, the members of LIST have that owner: the innermost list counts.
#include "signet/policy/aliases.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/alias_text.h"
#include "signet/policy/ldap_routing.h"
#include "signet/policy/route.h"

namespace signet::policy {
namespace {

using MemberKind = mail::Recipient::Kind;

struct AliasHit {
  std::string key;
  std::string value;
};

// FEATURE(ldap_routing) is asked first, as by routes.
Result<bool> is_elsewhere_by_directory(const SiteOptions& site, std::string_view text) {
  const auto address = mail::parse_address(text);
  if (!address) return false;
  const auto found = find_ldap_route(site, *address);
  if (!found) return std::unexpected(found.error());
  return found->is_elsewhere();
}

// Also who is one by MX, or by `local:` in mailertable. Empty: it is another host's.
Result<std::optional<std::string>> user_here(const VirtualOptions& options, std::string_view text) {
  const auto elsewhere = is_elsewhere_by_directory(*options.site, text);
  if (!elsewhere) return std::unexpected(elsewhere.error());
  if (*elsewhere) return std::nullopt;
  if (auto user = user_of_this_host(*options.site, text)) return user;
  const RouteOptions routing{
      .site = options.site, .mailertable = options.mailertable, .smart_host = {}};
  if (auto address = mail::parse_address(text)) {
    const auto ours = is_ours_by_mx(routing, address->domain_key());
    if (!ours) return std::unexpected(ours.error());
    if (*ours) return std::move(address->local);
  }
  if (options.mailertable == nullptr) return std::nullopt;
  return find_local_user(routing, text);
}

constexpr std::string_view kOwner = "owner-";

// The list and all that led to it, as the trail of its members.
std::vector<std::string> trail_behind(const mail::Recipient& list) {
  auto trail = list.trail;
  trail.push_back(key_of_list(list));
  return trail;
}

class AliasSearch final {
 public:
  AliasSearch(const AliasOptions& options, std::size_t most) : options_(options), most_(most) {}

  [[nodiscard]] Recipients run(std::string_view recipient) {
    through_.origin = recipient;
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
    if (!found_.error && found_.members.empty()) loop("aliasing/forwarding loop broken");
    hear_of_refusal();
    return std::move(found_);
  }

  [[nodiscard]] Recipients run(std::span<const mail::Recipient> lists, const ListTexts& texts) {
    texts_ = &texts;
    for (const auto& list : lists) {
      const auto before = reached_;
      const auto own = found_.members.size();
      take_list(list);
      if (reached_ == before) found_.empty_lists.push_back(key_of_list(list));
      if (reached_ - before > 1) expanded(list, std::span(found_.members).subspan(own));
    }
    return std::move(found_);
  }

 private:
  // Whoever asked hears of that, and not of each member's mail. RFC 3461 §5.2.7.3
  void expanded(const mail::Recipient& list, std::span<mail::Recipient> members) {
    found_.expanded_lists.push_back(key_of_list(list));
    for (auto& member : members) member.notify = member.notify.without_success();
  }
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
    const auto user = find_local_user(routing(), address);
    if (!user || !*user) return false;
    const auto luser = route_unknown_user(routing(), **user, address);
    return !luser || luser->is_local();
  }
  // What leads nowhere but to a refusal is refused now, while the client listens.
  void hear_of_refusal() {
    const bool possible = site().local_mail.redirect || options_.virtual_users.mailertable;
    if (!possible || found_.error || found_.members.size() != 1) return;
    if (!found_.members.front().is_address()) return;
    auto way = route(routing(), found_.members.front().address);
    const bool said = way && (way->rule == "redirect" || way->rule.starts_with("mailertable:"));
    if (!said || way->kind != Route::Kind::error || !way->error.permanent()) return;
    found_.steps.push_back({way->rule, {}});
    found_.error = std::move(way->error);
  }

  [[nodiscard]] bool has_mailbox(const std::string& name) const {
    return !options_.is_local_user || options_.is_local_user(name);
  }

  // Of a domain that is ours by best MX alone.
  [[nodiscard]] bool is_by_mx(const std::string& address) const {
    if (site().best_mx == nullptr || user_of_this_host(site(), address)) return false;
    if (is_elsewhere_by_directory(site(), address).value_or(true)) return false;
    const auto parsed = mail::parse_address(address);
    return parsed && is_ours_by_mx(routing(), parsed->domain_key()).value_or(false);
  }

  // Nobody is unknown while it cannot be told.
  [[nodiscard]] bool is_known(const std::string& user) const {
    return has_mailbox(user) && has_account(site(), user).value_or(true);
  }

  // No alias is known. LUSER_RELAY may name who takes the mail of nobody; where that is another
  // host, delivery sends it on.
  void keep_user(const std::string& user, const std::string& address) {
    if (is_by_mx(address)) found_.local_names[address] = to_lower(user);
    if (site().local_mail.luser_relay.empty() || taken_by_luser_) return keep(address);
    const auto here = find_local_user(routing(), address);
    if (!here || !*here) return keep(address);
    auto luser = route_unknown_user(routing(), **here, address);
    if (!luser || luser->goes_on() || is_known(user)) return keep(address);
    if (luser->is_local()) {
      taken_by_luser_ = true;  // who is nobody himself gets no second chance
      found_.steps.push_back({"LUSER_RELAY", site().local_mail.luser_relay});
      const auto steps = found_.steps.size();
      take_user(luser->local_user, luser->local_user);
      if (chain_.empty() && found_.steps.size() == steps) found_.local_user = luser->local_user;
      taken_by_luser_ = false;
      return;
    }
    if (!chain_.empty()) return keep(address);  // of a list: the others get theirs
    found_.steps.push_back({"LUSER_RELAY", site().local_mail.luser_relay});
    found_.error = std::move(luser->error);
  }

  void keep(const std::string& address, MemberKind kind = MemberKind::address) {
    const auto user = user_of_this_host(site(), address);
    const auto parsed = mail::parse_address(address);
    const auto named = found_.local_names.find(address);
    std::string same = address;
    if (user) {
      same = to_lower(*user);
    } else if (named != found_.local_names.end()) {
      same = named->second;
    } else if (parsed) {
      same = parsed->local + "@" + parsed->domain_key();
    }
    add(same, {.address = address,
               .kind = kind,
               .origin = address == through_.origin ? std::string() : through_.origin,
               .owner = through_.owner,
               .trail = through_.trail,
               .notify = through_.notify,
               .original = through_.original});
  }
  // What is no address: a program, a file, a list that was not read yet.
  void keep_other(std::string text, MemberKind kind) {
    const std::string same = text + '\n' + through_.user;
    add(same, {.address = std::move(text),
               .kind = kind,
               .user = through_.user,
               .origin = through_.origin,
               .owner = through_.owner,
               .source = through_.source,
               .trail = through_.trail,
               .list_source = through_.list_source,
               .notify = through_.notify,
               .original = through_.original});
  }
  void add(const std::string& same, mail::Recipient recipient) {
    ++reached_;
    if (!kept_.insert(same).second) return;
    if (found_.members.size() == most_) return too_many();
    found_.members.push_back(std::move(recipient));
  }
  void too_many() {
    fail({452, "4.5.3", "Too many recipients"},
         "an alias has more than " + std::to_string(most_) + " members");
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
    const std::string key = to_lower(user);
    auto hit = ask(key);
    const auto split = mail::split_detail(key);
    if (!hit || *hit || !split.detail || site().local_mail.whole_names) return hit;
    const std::string name(split.user);
    hit = ask(name + "+*");
    if (!hit || *hit) return hit;
    return ask(name);
  }

  // Who has come by his own .forward file gets the mail, whatever aliases say.
  [[nodiscard]] bool has_forwarded(const std::string& user) const {
    return std::ranges::find(through_.trail, forwarding_name(user)) != through_.trail.end();
  }

  // `address` is how the user was named.
  void take_user(const std::string& user, const std::string& address) {
    if (has_forwarded(user)) return keep(address, MemberKind::mailbox);
    if (options_.maps == nullptr) return keep_user(user, address);
    auto hit = look_up(user);
    if (!hit) return fail(map_failed(hit.error()).reply, hit.error().what);
    if (!*hit) return keep_user(user, address);
    const auto own = std::ranges::find(chain_, (*hit)->key);
    if (own != chain_.end()) return break_circle(own, user, address);
    if (!expanded_.insert((*hit)->key).second) return meet_again((*hit)->key);
    if (is_too_deep()) return end_too_deep(address);
    auto owner = find_owner((*hit)->key);
    if (!owner) return fail(map_failed(owner.error()).reply, owner.error().what);
    found_.steps.push_back({"alias:" + (*hit)->key, (*hit)->value});
    chain_.push_back((*hit)->key);
    const auto before = through_;
    const auto reached = reached_;
    through_.user.clear();  // what the alias file names is the administrator's
    through_.source = (*hit)->key;
    if (!owner->empty()) through_.owner = std::move(*owner);
    take_members(**hit);
    through_ = before;
    chain_.pop_back();
    if (reached_ == reached) barren_.insert((*hit)->key);
  }
  // An entry or list whose members are there already.
  void meet_again(const std::string& key) {
    if (!barren_.contains(key)) ++reached_;
  }

  [[nodiscard]] bool is_too_deep() const { return chain_.size() >= options_.most_deep; }
  // One member of a list that was read does not stop the others: his own delivery ends the chain.
  void end_too_deep(const std::string& address) {
    if (texts_ != nullptr) return keep(address, MemberKind::mailbox);
    loop("aliasing/forwarding loop broken (" + std::to_string(chain_.size() + 1) +
         " aliases deep; " + std::to_string(options_.most_deep) + " max)");
  }

  // owner-LIST names the owner if it has one member, an address; else it is the owner. Empty: there
  // is none. owner-owner is the owner of all owners.
  [[nodiscard]] Result<std::string> find_owner(std::string_view key) const {
    if (key.ends_with("+*")) key.remove_suffix(2);
    std::string name(kOwner);
    name += key.starts_with(kOwner) ? "owner" : key;
    const auto hit = ask(name);
    if (!hit) return std::unexpected(hit.error());
    if (!*hit) return std::string();
    if ((*hit)->value.find_first_of(",:/|\"") == std::string::npos) {
      const auto members = parse_alias_members((*hit)->value);
      const bool one = members && members->size() == 1;
      if (one) name = members->front().text;
    }
    return name.find('@') == std::string::npos ? name + "@" + site().host : name;
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
    for (const auto& member : *members) take_member(member);
  }

  // `list` is one of those that were asked for, or a member of one.
  void take_list(const mail::Recipient& list) {
    const auto key = key_of_list(list);
    const bool seen = std::ranges::find(list.trail, key) != list.trail.end();
    if (found_.error || seen) return;
    const auto known = texts_ != nullptr ? texts_->find(key) : ListTexts::const_iterator();
    if (texts_ == nullptr || known == texts_->end() || is_too_deep()) return add(key, list);
    if (!expanded_.insert(key).second) return meet_again(key);
    const auto before = through_;
    const auto reached = reached_;
    through_ = list;
    through_.user = known->second.user;
    if (!list.source.empty()) through_.list_source = std::exchange(through_.source, {});
    through_.trail = trail_behind(list);
    chain_.push_back(key);
    take_text(list.address, known->second.read);
    chain_.pop_back();
    through_ = before;
    if (reached_ == reached) barren_.insert(key);
  }
  void take_text(const std::string& name, const MemberText& text) {
    if (found_.trouble.empty() && !text.faults.empty()) {  // the first is enough
      const auto& fault = text.faults.front();
      found_.trouble = name + " line " + std::to_string(fault.line) + ": " + fault.what;
    }
    // Each is looked up, so each counts, whoever it leads to.
    named_ += text.members.size();
    if (named_ > most_) return too_many();
    for (const auto& member : text.members) take_member(member);
  }

  void take_member(const AliasMember& member) {
    if (found_.error) return;
    switch (member.kind) {
      case AliasMember::Kind::program:
        return keep_other("|" + member.text, MemberKind::program);
      case AliasMember::Kind::file:
        return keep_other(member.text, MemberKind::file);
      case AliasMember::Kind::include:
        return take_list({.address = ":include:" + member.text,
                          .kind = MemberKind::list,
                          .user = through_.user,
                          .origin = through_.origin,
                          .owner = through_.owner,
                          .source = through_.source,
                          .trail = through_.trail,
                          .list_source = through_.list_source,
                          .notify = through_.notify,
                          .original = through_.original});
      case AliasMember::Kind::final:
        return keep(member.text, MemberKind::mailbox);
      case AliasMember::Kind::address:
        break;
    }
    // A member whom virtusertable knows as nobody stays as he is: delivery finds out.
    auto led = find_virtual_user(options_.virtual_users, member.text);
    for (auto& step : led.steps) found_.steps.push_back(std::move(step));
    if (!led.trouble.empty()) return fail(std::move(*led.error), std::move(led.trouble));
    const std::string& text = led.error ? member.text : led.address;
    const auto user = user_here(options_.virtual_users, text);
    if (!user) return keep(text);  // whose host nobody can tell now: delivery waits for him alone
    if (*user) {
      take_user(**user, text);
    } else {
      keep(text);
    }
  }

  const AliasOptions& options_;
  const std::size_t most_;
  const ListTexts* texts_ = nullptr;
  Recipients found_;
  std::set<std::string> kept_;
  std::set<std::string> expanded_;
  std::set<std::string> barren_;  // of these, who lead to nobody
  std::size_t named_ = 0;         // by lists
  std::size_t reached_ = 0;       // members, with those that were there already
  bool taken_by_luser_ = false;
  std::vector<std::string> chain_;  // keys of the entries and lists we are in
  mail::Recipient through_;         // user, origin, owner, source and trail of what they name
};

}  // namespace

std::string forwarding_name(std::string_view user) {
  return to_lower(mail::split_detail(user).user);
}

std::string key_of_list(const mail::Recipient& list) { return list.address + '\n' + list.user; }

ListText read_list_text(std::string_view text, std::string user) {
  return {.read = parse_member_text(text, kMostListMembers + 1), .user = std::move(user)};
}

std::vector<std::string> files_behind(const mail::Recipient& recipient) {
  std::vector<std::string> files;
  for (std::string_view step : recipient.trail) {
    const auto end = step.find('\n');
    if (end == std::string_view::npos) continue;  // a user
    step = step.substr(0, end);
    if (step.starts_with(kIncludeMark)) step.remove_prefix(kIncludeMark.size());
    files.emplace_back(step);
  }
  return files;
}

Recipients find_recipients(const AliasOptions& options, std::string_view recipient) {
  return AliasSearch(options, kMostMembers).run(recipient);
}

Recipients find_members(const AliasOptions& options, std::span<const mail::Recipient> lists,
                        const ListTexts& texts) {
  return AliasSearch(options, kMostListMembers).run(lists, texts);
}

}  // namespace signet::policy
