#include "signet/policy/block_lists.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "policy/checks.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::policy {
namespace {

using ListState = ListAnswer::State;
using Tokens = std::span<const std::string>;

constexpr std::string_view kOperators = ".:%@!^/[]+()<>,;\\";
constexpr std::string_view kBlanks = " \t";

bool matches(Tokens pattern, Tokens answer) {
  if (pattern.empty()) return answer.empty();
  const std::string& first = pattern.front();
  const auto rest = pattern.subspan(1);
  if (first == "$@") return matches(rest, answer);
  if (first == "$*" || first == "$+") {
    for (std::size_t taken = first == "$+" ? 1 : 0; taken <= answer.size(); ++taken) {
      if (matches(rest, answer.subspan(taken))) return true;
    }
    return false;
  }
  if (answer.empty() || (first != "$-" && first != answer.front())) return false;
  return matches(rest, answer.subspan(1));
}

std::vector<std::string> tokens_of(const IpAddress& answer) {
  std::vector<std::string> tokens;
  for (const auto part : split(answer.to_string(), '.')) {
    tokens.emplace_back(part);
    tokens.emplace_back(".");
  }
  return tokens;
}

// RFC 5782 §2.1: entries are in 127.0.0.0/8. What else a name without a list behind it answers,
// a domain that was sold, is none. Nor is 127.255.255.0/24, by which lists say that they do not
// serve who asks them.
bool is_listing(const IpAddress& answer) {
  const auto& bytes = answer.bytes();
  return !answer.is_v6() && bytes[0] == 127 && !(bytes[1] == 255 && bytes[2] == 255);
}

bool is_hit(const BlockList& list, const ListAnswer& answer) {
  if (answer.state != ListState::listed) return false;
  if (list.answers == BlockList::Answers::texts) return true;
  return std::ranges::any_of(answer.addresses, [&](const IpAddress& address) {
    if (list.patterns.empty()) return is_listing(address);
    return std::ranges::any_of(list.patterns,
                               [&](const auto& pattern) { return pattern.matches(address); });
  });
}

bool is_obstacle(const BlockList& list, const ListAnswer& answer) {
  return is_hit(list, answer) ||
         (answer.state == ListState::no_answer && !list.temporary_message.empty());
}

std::string domain_of(std::string_view sender) {
  const auto address = mail::parse_address(sender);
  if (!address || address->domain.empty()) return {};
  auto domain = address->domain_key();
  return domain.starts_with('[') ? std::string() : domain;
}

std::string reversed(const IpAddress& ip) {
  std::string name;
  const auto& bytes = ip.bytes();
  if (ip.is_v6()) {
    for (std::size_t i = 16; i-- > 0;) {
      name += fmt::format("{:x}.{:x}.", bytes[i] & 15, bytes[i] >> 4);
    }
  } else {
    for (std::size_t i = 4; i-- > 0;) name += fmt::format("{}.", bytes[i]);
  }
  return name;
}

std::string macro_value(std::string_view name, const SiteOptions& site, const ClientView& client) {
  if (name == "client_addr") return client.peer.address();
  if (name == "client_name") return client.peer.name;
  if (name == "client_ptr") return client.peer.ptr;
  if (name == "client_resolve") return std::string(mail::to_string(client.peer.resolve));
  if (name == "RHS") return domain_of(client.sender);
  if (name == "f") return std::string(client.sender);
  if (name == "s") return std::string(client.helo);
  if (name == "j") return site.host;
  if (name == "daemon_name") return client.peer.daemon;
  return {};
}

// "$&{name}", "${name}", "$&x", "$x": taken off `text`.
std::string_view take_macro(std::string_view& text) {
  text.remove_prefix(1);
  if (text.starts_with('&')) text.remove_prefix(1);
  return take_macro_name(text);
}

std::string take_quoted(std::string_view& text) {
  std::string inside;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    inside += text.front();
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return inside;
}

// The right side of a rule as words: quoted parts as they are, blanks only between words.
std::string spoken(std::string_view text, const SiteOptions& site, const ClientView& client) {
  const auto is_word = [](char c) { return kOperators.find(c) == kOperators.npos; };
  std::string out;
  bool behind_word = false;
  const auto add = [&](std::string_view part) {
    if (part.empty()) return;
    if (behind_word && is_word(part.front())) out += ' ';
    out += part;
    behind_word = is_word(part.back());
  };
  while (!text.empty()) {
    const char first = text.front();
    if (kBlanks.find(first) != kBlanks.npos) {
      text.remove_prefix(1);
    } else if (first == '"') {
      out += take_quoted(text);
      behind_word = false;
    } else if (first == '$') {
      add(printable(macro_value(take_macro(text), site, client)));
    } else {
      const auto end = is_word(first)
                           ? std::min(text.find_first_of(" \t\"$.:%@!^/[]+()<>,;\\"), text.size())
                           : 1;
      add(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  return out;
}

Verdict verdict_of_list(const BlockList& list, const SiteOptions& site, const ClientView& client) {
  const std::string rule = list.feature + ":" + list.zone;
  switch (list.then) {
    case BlockList::Then::quarantine:
      return {Action::quarantine, {}, rule, list.zone};
    case BlockList::Then::discard:
      return {Action::discard, {}, rule, list.zone};
    case BlockList::Then::reject:
      break;
  }
  return rejected(with_enhanced_code(spoken(list.message, site, client), "5.7.1"), rule);
}

}  // namespace

Result<AnswerPattern> AnswerPattern::parse(std::string_view text) {
  AnswerPattern pattern;
  const std::string_view whole = text;
  while (!text.empty()) {
    std::size_t length = 1;
    if (text.front() == '$') {
      length = 2;
      if (text.size() < 2 || std::string_view("-+*@").find(text[1]) == std::string_view::npos) {
        return permanent(fmt::format("{}: only $- $+ $* $@ are known", printable(whole)));
      }
    } else if (text.front() != '.') {
      length = std::min(text.find_first_of(".$"), text.size());
      if (!parse_number(text.substr(0, length))) {
        return permanent(fmt::format("{}: no address such as 127.0.0.2.", printable(whole)));
      }
    }
    pattern.tokens_.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
    if (pattern.tokens_.size() > 16) return permanent(printable(whole) + ": too long");
  }
  // An answer ends in a dot, and so must what is to match one.
  const bool open = !pattern.tokens_.empty() && pattern.tokens_.back() != "." &&
                    pattern.tokens_.back().front() != '$';
  if (open) {
    return permanent(fmt::format("{0}: never matches, write {0}.", printable(whole)));
  }
  return pattern;
}

bool AnswerPattern::matches(const IpAddress& answer) const {
  return policy::matches(tokens_, tokens_of(answer));
}

// Text, what is said when there is no answer, name in front of the address. Of IPv6 sendmail says
// nothing.
Result<BlockList> BlockList::make_mtamark(const std::array<std::string, 3>& arguments) {
  const auto& [message, temporary, prefix] = arguments;
  BlockList list;
  list.feature = "mtamark";
  list.zone = "in-addr.arpa";
  list.answers = Answers::texts;
  list.prefix = prefix.empty() ? "_perm._smtp._srv" : prefix;
  list.message =
      message.empty() ? R"("550 Rejected: " $&{client_addr} " not listed as MTA")" : message;
  list.temporary_code = "4.4.3";
  list.temporary_message =
      temporary == "t"
          ? fmt::format(R"("451 Temporary lookup failure of {}." $&{{client_addr}})", list.prefix)
          : temporary;
  list.prefix += '.';
  return list;
}

Result<BlockList> BlockList::make(std::string_view feature,
                                  std::span<const std::string> arguments) {
  const auto argument = [&](std::size_t i) {
    return i < arguments.size() ? std::string(trim(arguments[i])) : std::string();
  };
  if (feature == "mtamark") {
    if (!argument(3).empty()) return permanent("unexpected argument " + printable(argument(3)));
    return make_mtamark({argument(0), argument(1), argument(2)});
  }
  BlockList list;
  list.feature = feature;
  list.zone = argument(0);
  if (list.zone.ends_with('.')) list.zone.pop_back();
  if (list.zone.find('.') == std::string::npos ||
      list.zone.find_first_of(" \t\"$") != std::string::npos) {
    return permanent(fmt::format("{} is no zone", printable(argument(0))));
  }
  const bool of_senders = feature == "rhsbl";
  list.subject = of_senders ? Subject::sender_domain : Subject::client;
  const std::string_view about = of_senders ? "$&{RHS}" : "$&{client_addr}";
  list.message = argument(1);
  if (!of_senders && list.message == "quarantine") list.then = Then::quarantine;
  if (!of_senders && list.message == "discard") list.then = Then::discard;
  if (list.message.empty()) {
    list.message = of_senders
                       ? fmt::format(R"("550 Mail from " {} " refused by blackhole site {}")",
                                     about, list.zone)
                       : fmt::format(R"("550 Rejected: " {} " listed at {}")", about, list.zone);
  }
  list.temporary_message = argument(2);
  list.temporary_code = of_senders ? "4.7.1" : "4.4.3";
  if (list.temporary_message == "t") {
    list.temporary_message =
        fmt::format(R"("451 Temporary lookup failure of " {} " at {}")", about, list.zone);
  }
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    if (argument(i).empty()) continue;
    if (feature != "enhdnsbl") {
      return permanent("unexpected argument " + printable(argument(i)));
    }
    auto pattern = AnswerPattern::parse(argument(i));
    if (!pattern) return std::unexpected(std::move(pattern).error());
    list.patterns.push_back(std::move(*pattern));
  }
  return list;
}

std::string list_question(const BlockList& list, const IpAddress& client, std::string_view sender) {
  if (list.answers == BlockList::Answers::texts && client.is_v6()) return {};
  if (list.subject == BlockList::Subject::client) return list.prefix + reversed(client) + list.zone;
  const auto domain = domain_of(sender);
  return domain.empty() ? std::string() : domain + "." + list.zone;
}

bool lists_have_decided(std::span<const BlockList> lists, std::span<const ListAnswer> answers) {
  for (std::size_t i = 0; i < lists.size() && i < answers.size(); ++i) {
    if (answers[i].state == ListState::waiting) return false;
    if (is_obstacle(lists[i], answers[i])) return true;
  }
  return true;
}

Result<bool> is_exempt_sender(const Access& access, std::string_view sender) {
  constexpr std::string_view kTag = "rhs";
  const auto address = mail::parse_address(sender);
  if (!address) return true;
  auto hit = access.full_address(kTag, sender, Tagged::also_bare);
  if (hit && !*hit) hit = access.domain(kTag, address->domain_key(), Tagged::also_bare);
  if (!hit) return std::unexpected(std::move(hit).error());
  return *hit && (says(**hit, "OK") || says(**hit, "RELAY"));
}

std::optional<Verdict> judge_lists(const Access& access, const SiteOptions& site,
                                   const ClientView& client) {
  const auto& lists = site.block_lists;
  for (std::size_t i = 0; i < lists.size() && i < client.lists.size(); ++i) {
    const auto& list = lists[i];
    if (!is_obstacle(list, client.lists[i])) continue;
    if (list.subject == BlockList::Subject::sender_domain) {
      const auto exempt = is_exempt_sender(access, client.sender);
      if (!exempt) return map_failed(exempt.error());
      if (*exempt) continue;
    }
    if (client.lists[i].state == ListState::listed) return verdict_of_list(list, site, client);
    return rejected(
        with_enhanced_code(spoken(list.temporary_message, site, client), list.temporary_code),
        list.feature + ":" + list.zone);
  }
  return std::nullopt;
}

std::string list_trouble(const BlockList& list, const ListAnswer& answer) {
  if (answer.state == ListState::no_answer) {
    return fmt::format("{}: {}: no answer", list.feature, list.zone);
  }
  if (answer.state != ListState::listed || !list.patterns.empty() || is_hit(list, answer) ||
      answer.addresses.empty()) {
    return {};
  }
  return fmt::format("{}: {}: answered {} which is no listing", list.feature, list.zone,
                     answer.addresses.front().to_string());
}

}  // namespace signet::policy
