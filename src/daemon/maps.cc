#include "daemon/maps.h"

#include <sys/stat.h>

#include <tuple>

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

}  // namespace

table::Spec table_spec(const conf::MapSpec& from) {
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
  spec.name = from.name;
  spec.timeout = from.timeout;
  for (const auto& member : from.maps) spec.maps.push_back(table_spec(member));
  return spec;
}

void remark_on_stale_maps(const conf::Config& config, maillog::Lines& remarks) {
  for (const auto& feature : config.features) {
    if (feature.map) remark_on_stale_map(*feature.map, remarks);
  }
}

}  // namespace signet::daemon
