#include "daemon/maps.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "signet/conf/macros.h"

namespace signet::daemon {
namespace {

bool is_newer(const struct stat& a, const struct stat& b) {
  return std::tie(a.st_mtim.tv_sec, a.st_mtim.tv_nsec) >
         std::tie(b.st_mtim.tv_sec, b.st_mtim.tv_nsec);
}

void remark_on_stale_map(const conf::MapSpec& spec, maillog::Lines& remarks) {
  for (const auto& member : spec.maps) remark_on_stale_map(member, remarks);
  if (spec.type != "hash" && spec.type != "btree") return;
  std::string source = spec.file;
  if (source.ends_with(".db")) source.resize(source.size() - 3);
  struct stat text {};
  struct stat map {};
  if (stat(source.c_str(), &text) != 0 || stat((source + ".db").c_str(), &map) != 0) return;
  if (!is_newer(text, map)) return;
  remarks.push_back(maillog::remark(maillog::Priority::warning,
                                    source + ": newer than " + source +
                                        ".db: what was changed is not in force; makemap " +
                                        spec.type + " " + source + " < " + source));
}

using LdapUse = table::LdapSpec::Use;

LdapUse use_of(conf::LdapSpec::Use use) {
  switch (use) {
    case conf::LdapSpec::Use::dn:
      return LdapUse::dn;
    case conf::LdapSpec::Use::filter:
      return LdapUse::filter;
    case conf::LdapSpec::Use::url:
      return LdapUse::url;
    case conf::LdapSpec::Use::value:
      break;
  }
  return LdapUse::value;
}

table::LdapSpec::Scope scope_of(conf::LdapSpec::Scope scope) {
  using Scope = table::LdapSpec::Scope;
  if (scope == conf::LdapSpec::Scope::base) return Scope::base;
  return scope == conf::LdapSpec::Scope::one ? Scope::one : Scope::subtree;
}

table::LdapSpec::Dereference dereference_of(conf::LdapSpec::Dereference how) {
  using Dereference = table::LdapSpec::Dereference;
  switch (how) {
    case conf::LdapSpec::Dereference::searching:
      return Dereference::searching;
    case conf::LdapSpec::Dereference::finding:
      return Dereference::finding;
    case conf::LdapSpec::Dereference::always:
      return Dereference::always;
    case conf::LdapSpec::Dereference::never:
      break;
  }
  return Dereference::never;
}

}  // namespace

// $j, $m, ${sendmailMTACluster} and what the configuration defines.
std::string MapOpener::expand(std::string_view text) const {
  return conf::expand(text, [this](std::string_view name) -> std::optional<std::string> {
    if (name == "j") return names_.host;
    if (name == "w") return names_.nick;
    if (name == "m") return names_.domain;
    return config_.macro(name);
  });
}

void MapOpener::take_ldap(const conf::LdapSpec& from, table::Spec& spec) const {
  auto& ldap = spec.ldap;
  ldap.uri = from.servers();
  ldap.base = expand(from.base.value_or(""));
  ldap.filter = expand(from.filter.value_or(""));
  for (const auto& one : from.attributes) {
    ldap.attributes.push_back({one.name, use_of(one.use), one.classes});
  }
  ldap.scope = scope_of(from.scope.value_or(conf::LdapSpec::Scope::subtree));
  ldap.dereference = dereference_of(from.dereference.value_or(conf::LdapSpec::Dereference::never));
  ldap.referrals = !from.no_referrals;
  ldap.single = from.single;
  if (!from.anonymous.value_or(false)) {
    ldap.bind_dn = from.bind_dn.value_or("");
    ldap.secret_file = from.secret_file.value_or("");
  }
  ldap.name_separator = from.separator.value_or("");
  ldap.start_tls = from.start_tls.value_or(false);
  ldap.ca_file = from.ca_file.value_or(config_.tls.ca_file);
  if (!from.ca_file) ldap.ca_directory = config_.tls.ca_path;
  spec.timeout = from.time_limit;
  spec.most_values = from.most_entries;
}

table::Spec MapOpener::spec_of(const conf::MapSpec& from) const {
  table::Spec spec;
  spec.type = from.type;
  spec.file = from.file;
  spec.optional = from.optional;
  spec.keep_case = from.keep_case;
  spec.match_only = from.match_only;
  spec.failure_is_none = from.failure_is_none;
  spec.append = from.append;
  spec.key_column = from.key_column;
  spec.value_column = from.value_column;
  spec.delimiter = from.delimiter;
  spec.regex = {.no_match = from.no_match,
                .basic = from.basic,
                .takes_parts = from.takes_parts,
                .parts = from.parts,
                .joint = from.joint};
  spec.dns = {.type = from.record_type, .domain = from.domain, .tries = from.tries};
  spec.most_values = from.most_values;
  spec.timeout = from.timeout;
  if (from.type == "ldap") take_ldap(from.ldap, spec);
  spec.name = from.name;
  for (const auto& member : from.maps) spec.maps.push_back(spec_of(member));
  return spec;
}

MapOpener::Opened MapOpener::open_spec(const table::Spec& spec) const {
  return table::open_table(spec, upkeep_);
}

MapOpener::Opened MapOpener::open(std::string_view name) const {
  const conf::Feature* feature = config_.feature(name);
  if (feature == nullptr || !feature->map) return nullptr;
  auto opened = open_spec(spec_of(*feature->map));
  if (!opened) {
    return std::unexpected(std::move(opened).error().within(feature->at.to_string() + ": FEATURE(" +
                                                            feature->name + ")"));
  }
  return *opened;
}

MapOpener::Opened MapOpener::open_line(std::string_view name) const {
  const auto line = std::ranges::find(config_.maps, name, &conf::Map::name);
  if (line == config_.maps.end())
    return permanent("there is no K line of a map " + std::string(name));
  auto opened = open_spec(spec_of(line->spec));
  if (!opened) {
    return std::unexpected(
        std::move(opened).error().within(line->at.to_string() + ": map " + line->name));
  }
  return *opened;
}

void remark_on_stale_maps(const conf::Config& config, maillog::Lines& remarks) {
  for (const auto& feature : config.features) {
    if (feature.map) remark_on_stale_map(*feature.map, remarks);
  }
}

}  // namespace signet::daemon
