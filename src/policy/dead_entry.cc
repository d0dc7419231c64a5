#include "signet/policy/dead_entry.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "signet/base/ip.h"
#include "signet/base/text.h"

namespace signet::policy {
namespace {

using Why = std::optional<std::string>;

enum class About { peer, address, mailbox, certificate, other };

struct Tag {
  std::string_view name;
  About about;
  bool alone;  // "TAG:" with nothing behind it is looked up too
};
constexpr std::array kTags = std::to_array<Tag>({
    {"connect", About::peer, false},
    {"from", About::mailbox, false},
    {"to", About::mailbox, false},
    {"spam", About::mailbox, false},
    {"rhs", About::mailbox, false},
    {"tls_clt", About::peer, true},
    {"tls_srv", About::peer, true},
    {"tls_rcpt", About::mailbox, true},
    {"try_tls", About::peer, true},
    {"srv_features", About::peer, true},
    {"clt_features", About::peer, true},
    {"tls_srv_features", About::peer, false},
    {"tls_clt_features", About::peer, false},
    {"greetpause", About::peer, false},
    {"clientrate", About::address, true},
    {"clientconn", About::address, true},
    {"authinfo", About::peer, true},
    {"certissuer", About::certificate, false},
    {"certsubject", About::certificate, false},
    {"compat", About::other, false},
    {"qgrp", About::mailbox, true},
});

bool only_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// "192.0.2.0/24", "IPv6:2001:db8::/32"
bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  return only_of(text.substr(slash + 1), "0123456789.") &&
         only_of(text.substr(0, slash), "0123456789abcdefABCDEF.:IPvipv");
}

// Our extension. A network is looked up by its first address, written whole.
Why check_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  const auto ip = IpAddress::parse(address);
  const auto length = parse_number(text.substr(slash + 1));
  const std::size_t bits = ip && ip->is_v6() ? 128 : 32;
  if (!ip || !length || *length > bits) {
    return "this is no network: write its first address and the number of its bits, as in "
           "192.0.2.0/24 or IPv6:2001:db8::/32";
  }
  auto bytes = ip->bytes();
  for (std::size_t bit = static_cast<std::size_t>(*length); bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  const auto first =
      ip->is_v6() ? IpAddress::v6(bytes) : IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
  const std::string right = ip->is_v6() ? "IPv6:" + first.to_string() : first.to_string();
  const std::string behind = "/" + std::to_string(*length);
  const std::string given = std::string(address) + std::string(text.substr(slash));
  if (iequals(given, right + behind) || iequals(given, first.to_mail_string() + behind)) return {};
  return "a network is looked up as " + right + behind;
}

// Two colons at least: no tag stands before hexadecimal groups.
bool is_bare_ipv6(std::string_view text) {
  return std::ranges::count(text, ':') >= 2 && only_of(text, "0123456789abcdefABCDEF:.");
}

Why check_quotes(std::string_view key) {
  if (key.find('"') == std::string_view::npos) return {};
  return "quotes are part of the key, and no mail has such a name: write it without";
}

Why check_host(std::string_view host, const EntryRules& rules) {
  if (is_network(host)) return check_network(host);
  if (is_bare_ipv6(host)) return "an IPv6 address is looked up as IPv6:" + std::string(host);
  if (istarts_with(host, "ipv6:")) {
    const bool shortened = host.find("::") != std::string_view::npos;
    if (shortened && rules.compressed_ipv6 == false) {
      return "addresses are looked up without \"::\": write all groups, as in IPv6:2001:db8:0:0";
    }
    if (host.ends_with(':') && !shortened) return "a prefix is looked up without the last colon";
    return {};
  }
  if (host.size() > 1 && host.ends_with('.')) {
    return "names and prefixes are looked up without the dot at the end";
  }
  if (host.find('*') != std::string_view::npos) {
    return "there are no patterns: a domain stands for its hosts too";
  }
  if (host.starts_with('.') && rules.lookup_dot_domain == false) {
    return "a domain with a dot in front is looked up with FEATURE(`lookupdotdomain') only; "
           "without the dot it stands for its hosts too";
  }
  return {};
}

Why check_mailbox(std::string_view name, const EntryRules& rules) {
  const auto at = name.rfind('@');
  if (at == std::string_view::npos) return check_host(name, rules);
  if (at == 0) return "a domain is looked up without the @";
  if (name.substr(0, at).find('*') != std::string_view::npos && !name.substr(0, at).ends_with("+*"))
    return "there are no patterns but user+*@domain";
  const auto domain = name.substr(at + 1);
  return domain.empty() ? Why() : check_host(domain, rules);
}

// Words are only words alone; what else stands there is the text of a refusal.
Why check_decision(std::string_view value) {
  static constexpr std::array kWords = std::to_array<std::string_view>(
      {"ok", "relay", "reject", "discard", "skip", "friend", "hater", "subject"});
  value = trim(value);
  if (value.starts_with('"') && istarts_with(trim(value.substr(1)), "error:")) {
    return "ERROR: in quotes is the text of a refusal, not its form: put the quotes behind it, as "
           "in ERROR:5.7.1:\"550 text\"";
  }
  const bool one_word = only_of(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  if (!one_word) return {};
  const auto known = [&](std::string_view word) { return iequals(word, value); };
  if (std::ranges::any_of(kWords, known)) return {};
  return "\"" + std::string(value) +
         "\" is none of OK RELAY REJECT DISCARD SKIP: it is sent as the text of a refusal";
}

// "TAG:" with nothing behind it: for everybody, where that is looked up; else often a blank that
// came between tag and name.
Why check_tag_alone(const Tag& tag, std::string_view value) {
  const auto columns = words(value);
  const bool name_follows =
      columns.size() > 1 && (IpAddress::parse(columns.front()) ||
                             (columns.front().find_first_of("@.") != std::string_view::npos &&
                              columns.front().find_first_of("\"=:;+") == std::string_view::npos));
  if (name_follows) return "no blank may stand between the tag and " + std::string(columns.front());
  if (tag.alone) return {};
  if (tag.name == "greetpause") {
    return "the tag alone is not looked up: the argument of FEATURE(`greet_pause') is for "
           "everybody";
  }
  return "the tag alone is not looked up: write behind the colon what it is about";
}

Why check_access(std::string_view key, std::string_view value, const EntryRules& rules) {
  const auto colon = key.find(':');
  if (colon == std::string_view::npos || is_bare_ipv6(key) || istarts_with(key, "ipv6:") ||
      key.find('@') < colon || key.starts_with('[')) {
    if (auto why = check_mailbox(key, rules)) return why;
    return check_decision(value);
  }
  const auto name = key.substr(0, colon);
  const auto rest = key.substr(colon + 1);
  const auto tag = std::ranges::find_if(kTags, [&](const Tag& t) { return iequals(t.name, name); });
  if (tag == kTags.end()) {
    // CITag: entries have names of their own choice.
    if (rest.starts_with('/')) return {};
    if (iequals(name, "hello") || iequals(name, "helo")) {
      return "nothing looks up " + std::string(name) + ": FEATURE(`block_bad_helo') judges HELO";
    }
    return "nothing looks up the tag " + std::string(name) + ":";
  }
  if (rest.empty()) return check_tag_alone(*tag, value);
  Why why;
  if (tag->about == About::peer || tag->about == About::address) why = check_host(rest, rules);
  if (tag->about == About::mailbox) {
    why = is_network(rest) ? "no addresses of clients are looked up under this tag: Connect: is"
                           : check_mailbox(rest, rules);
  }
  if (!why && tag->about == About::address && only_of(rest, "abcdefghijklmnopqrstuvwxyz.-") &&
      rest.find('.') != std::string_view::npos) {
    why = "only addresses are looked up under this tag, no names";
  }
  const bool decides = iequals(name, "connect") || iequals(name, "from") || iequals(name, "to") ||
                       iequals(name, "spam");
  return why || !decides ? why : check_decision(value);
}

Why check_domain(std::string_view key) {
  if (key.find('@') != std::string_view::npos) return "domains are looked up here, no addresses";
  if (key.find('*') != std::string_view::npos) {
    return "there are no patterns: .domain stands for all hosts below it";
  }
  if (key.size() > 1 && key.ends_with('.')) return "names are looked up without the dot at the end";
  return {};
}

Why check_mailertable(std::string_view key, std::string_view value) {
  if (auto why = check_domain(key)) return why;
  if (trim(value).find(':') == std::string_view::npos) {
    return "the value is no mailer:host, as in esmtp:[192.0.2.1]: mail for it would wait";
  }
  return {};
}

Why check_virtusertable(std::string_view key, std::string_view value) {
  const auto at = key.rfind('@');
  if (at == std::string_view::npos) {
    return "user@domain and @domain are looked up here, nothing without @";
  }
  const auto domain = key.substr(at + 1);
  if (domain.ends_with('.')) return "domains are looked up without the dot at the end";
  if (domain.find('*') != std::string_view::npos || key.starts_with('*')) {
    return "there are no patterns: @domain stands for all its users";
  }
  if (value.find(',') != std::string_view::npos && !istarts_with(trim(value), "error:") &&
      value.find('"') == std::string_view::npos) {
    return "the value is one address: name an alias here, and write the list into aliases";
  }
  return {};
}

Why check_authinfo(std::string_view key, const EntryRules& rules) {
  if (!istarts_with(key, "authinfo:")) return "only keys that begin with AuthInfo: are looked up";
  return key.size() == 9 ? Why() : check_host(key.substr(9), rules);
}

}  // namespace

MapUse usual_use(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  if (file.ends_with(".db")) file.remove_suffix(3);
  if (file == "access") return MapUse::access;
  if (file == "mailertable") return MapUse::mailertable;
  if (file == "virtusertable") return MapUse::virtusertable;
  if (file == "domaintable") return MapUse::domaintable;
  if (file == "authinfo" || file == "auth-info") return MapUse::authinfo;
  return MapUse::unknown;
}

Why why_dead(std::string_view key, std::string_view value, const EntryRules& rules) {
  if (rules.use == MapUse::unknown) return {};
  if (rules.keep_case && !is_lower(key)) {
    return "capital letters: what is looked up is in lower case, unless the map has -f in the "
           "configuration too";
  }
  if (auto why = check_quotes(key)) return why;
  switch (rules.use) {
    case MapUse::access:
      return check_access(key, value, rules);
    case MapUse::mailertable:
      return check_mailertable(key, value);
    case MapUse::virtusertable:
      return check_virtusertable(key, value);
    case MapUse::domaintable:
      return check_domain(key);
    case MapUse::authinfo:
      return check_authinfo(key, rules);
    case MapUse::unknown:
      break;
  }
  return {};
}

}  // namespace signet::policy
