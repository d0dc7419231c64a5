#include "conf/ldap_flags.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "conf/value.h"
#include "signet/base/text.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

constexpr std::string_view kWithValue = "hpHbkvsdMPwlZrVeC";
constexpr std::uint64_t kMostLdapSeconds = 60;
constexpr std::uint64_t kMostLdapEntries = 100;
constexpr std::size_t kMostAttributes = 50;

template <class T>
struct Choice {
  std::string_view word;
  T means;
};
constexpr auto kScopes =
    std::to_array<Choice<LdapSpec::Scope>>({{"base", LdapSpec::Scope::base},
                                            {"one", LdapSpec::Scope::one},
                                            {"sub", LdapSpec::Scope::subtree}});
constexpr auto kDereferences =
    std::to_array<Choice<LdapSpec::Dereference>>({{"never", LdapSpec::Dereference::never},
                                                  {"search", LdapSpec::Dereference::searching},
                                                  {"find", LdapSpec::Dereference::finding},
                                                  {"always", LdapSpec::Dereference::always}});
constexpr auto kUses = std::to_array<Choice<LdapSpec::Use>>({{"normal", LdapSpec::Use::value},
                                                             {"dn", LdapSpec::Use::dn},
                                                             {"filter", LdapSpec::Use::filter},
                                                             {"url", LdapSpec::Use::url}});
// "LDAP_AUTH_SIMPLE" or "simple"
constexpr auto kMethods = std::to_array<Choice<bool>>({{"none", true}, {"simple", false}});

constexpr auto kEncryption = std::to_array<Choice<bool>>({{"starttls", true}, {"none", false}});

template <class T, std::size_t N>
std::string choose(const std::array<Choice<T>, N>& choices, std::string_view prefix,
                   std::string_view word, std::optional<T>& into) {
  const auto given = word;
  if (istarts_with(word, prefix)) word.remove_prefix(prefix.size());
  std::vector<std::string_view> known;
  for (const auto& [name, means] : choices) {
    known.push_back(name);
    if (iequals(name, word)) {
      into = means;
      return {};
    }
  }
  return fmt::format("{}: there are {}", printable(given, 60), fmt::join(known, " "));
}

std::string take_number(std::string_view text, std::uint64_t most, std::uint64_t& into) {
  const auto number = parse_number(text);
  if (!number || *number > most) {
    return fmt::format("{} is no number up to {}", printable(text, 40), most);
  }
  into = *number;
  return {};
}

// "maildrop,member:DN:groupOfNames|posixGroup"
std::string take_attributes(std::string_view list, std::vector<LdapSpec::Attribute>& into) {
  into.clear();
  for (const auto item : split(list, ',')) {
    const auto parts = split(item, ':');
    LdapSpec::Attribute attribute{.name = std::string(trim(parts[0])), .use = {}, .classes = {}};
    if (attribute.name.empty() || parts.size() > 3 || into.size() >= kMostAttributes) {
      return "it wants names of attributes, as in -v mail or -v mail,member:DN:groupOfNames";
    }
    if (parts.size() > 1 && !trim(parts[1]).empty()) {
      std::optional<LdapSpec::Use> use;
      if (auto problem = choose(kUses, "", trim(parts[1]), use); !problem.empty()) return problem;
      attribute.use = *use;
    }
    if (parts.size() > 2) {
      for (const auto name : words(parts[2], "|")) attribute.classes.emplace_back(name);
    }
    into.push_back(std::move(attribute));
  }
  return {};
}

std::string take_uris(const std::string& value, std::optional<std::string>& into) {
  for (const auto uri : words(value)) {
    const auto scheme = uri.substr(0, std::min(uri.find("://"), uri.size()));
    if (!iequals(scheme, "ldap") && !iequals(scheme, "ldaps") && !iequals(scheme, "ldapi")) {
      return fmt::format("{} is no ldap://, ldaps:// or ldapi:// address", printable(uri, 100));
    }
  }
  into = value;
  return {};
}

std::string apply(LdapSpec& spec, char letter, const std::string& value) {
  std::uint64_t number = 0;
  switch (letter) {
    case '1':
      spec.single = true;
      return {};
    case 'R':
      spec.no_referrals = true;
      return {};
    case 'h':
      spec.hosts = value;
      return {};
    case 'p':
      spec.port = value;
      if (auto problem = take_number(value, 65535, number); !problem.empty()) return problem;
      return number == 0 ? "there is no port 0" : "";
    case 'H':
      return take_uris(value, spec.uri);
    case 'b':
      spec.base = value;
      return {};
    case 'k':
      spec.filter = value;
      return {};
    case 'v':
      return take_attributes(value, spec.attributes);
    case 's':
      return choose(kScopes, "LDAP_SCOPE_", value, spec.scope);
    case 'r':
      return choose(kDereferences, "LDAP_DEREF_", value, spec.dereference);
    case 'd':
      spec.bind_dn = value;
      return {};
    case 'P':
      spec.secret_file = value;
      return {};
    case 'M':
      return choose(kMethods, "LDAP_AUTH_", value, spec.anonymous);
    case 'e':
      return choose(kEncryption, "", value, spec.start_tls);
    case 'C':
      spec.ca_file = value;
      return {};
    case 'w':
      return value == "3" ? "" : "version 3 of LDAP is spoken, no other";
    case 'V':
      spec.separator = value;
      return {};
    case 'l':
      if (auto problem = take_number(value, kMostLdapSeconds, number); !problem.empty()) {
        return problem;
      }
      spec.time_limit = std::chrono::seconds(number);
      return {};
    default:  // Z
      if (auto problem = take_number(value, kMostLdapEntries, number); !problem.empty()) {
        return problem;
      }
      spec.most_entries = static_cast<std::size_t>(number);
      return {};
  }
}

}  // namespace

std::string_view take_ldap_word(std::string_view& text) {
  bool in_quotes = false;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (text[end] == '"') in_quotes = !in_quotes;
    if (!in_quotes && std::string_view(" \t\r\n").contains(text[end])) break;
  }
  const auto word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

std::string unquoted(std::string_view word) {
  if (word.size() >= 2 && word.starts_with('"') && word.ends_with('"')) {
    word = word.substr(1, word.size() - 2);
  }
  return std::string(word);
}

bool ldap_flag_has_value(char letter) { return kWithValue.contains(letter); }

std::optional<std::string> apply_ldap_flag(LdapSpec& spec, char letter, const std::string& value) {
  const bool has_value = ldap_flag_has_value(letter);
  if (!has_value && letter != '1' && letter != 'R') return std::nullopt;
  if (has_value && value.empty() && letter != 'b') {
    return fmt::format("-{} wants a value", letter);
  }
  auto problem = apply(spec, letter, value);
  return problem.empty() ? problem : fmt::format("-{}: {}", letter, problem);
}

std::string why_no_ldap_map(const LdapSpec& spec) {
  if (!spec.filter) return "an ldap map wants -k and a filter, as in -k (mail=%0)";
  if (spec.bind_dn && !spec.secret_file && !spec.anonymous.value_or(false)) {
    return "-d wants a password: -P names its file";
  }
  const std::string uris = spec.uri.value_or("");
  for (const auto uri : words(uris)) {
    if (spec.start_tls.value_or(false) && !istarts_with(uri, "ldap://")) {
      return fmt::format("-e starttls is for ldap:// alone, not for {}", printable(uri, 100));
    }
  }
  return {};
}

void LdapSpec::complete(const LdapSpec& defaults) {
  const auto fill = [](auto& mine, const auto& given) {
    if (!mine) mine = given;
  };
  if (!uri && !hosts && !port) {
    uri = defaults.uri;
    hosts = defaults.hosts;
    port = defaults.port;
  }
  fill(base, defaults.base);
  fill(filter, defaults.filter);
  fill(scope, defaults.scope);
  fill(dereference, defaults.dereference);
  fill(bind_dn, defaults.bind_dn);
  fill(secret_file, defaults.secret_file);
  fill(anonymous, defaults.anonymous);
  fill(separator, defaults.separator);
  fill(start_tls, defaults.start_tls);
  fill(ca_file, defaults.ca_file);
  if (attributes.empty()) attributes = defaults.attributes;
  no_referrals = no_referrals || defaults.no_referrals;
  single = single || defaults.single;
  if (time_limit.count() == 0) time_limit = defaults.time_limit;
  if (most_entries == 0) most_entries = defaults.most_entries;
}

std::string LdapSpec::servers() const {
  if (uri) return *uri;
  const std::string names = hosts.value_or(port ? "localhost" : "");
  std::string all;
  for (const auto host : words(names, " \t,")) {
    all += fmt::format("{}ldap://{}{}{}", all.empty() ? "" : " ", host,
                       port && !host.contains(':') ? ":" : "",
                       port && !host.contains(':') ? *port : "");
  }
  return all;
}

std::expected<LdapSpec, std::string> parse_ldap_defaults(std::string_view text) {
  LdapSpec spec;
  text = trim(text);
  while (!text.empty()) {
    const auto flag = take_ldap_word(text);
    if (flag.size() < 2 || flag.front() != '-') {
      return std::unexpected(fmt::format("{} is no flag", printable(flag, 60)));
    }
    std::string_view value = flag.substr(2);
    if (value.empty() && ldap_flag_has_value(flag[1])) value = take_ldap_word(text);
    const auto problem = apply_ldap_flag(spec, flag[1], unquoted(value));
    if (!problem) {
      return std::unexpected(fmt::format("{} is no flag of LDAP", printable(flag, 60)));
    }
    if (!problem->empty()) return std::unexpected(*problem);
  }
  return spec;
}

}  // namespace signet::conf
