#include "daemon/alias_maps.h"

#include <sys/stat.h>

#include <utility>

#include "signet/policy/alias_files.h"

namespace signet::daemon {
namespace {

void remark_on_alias_file(const policy::AliasMapSpec& spec, maillog::Lines& remarks) {
  struct stat text {};
  struct stat map {};
  const std::string file = spec.file + ".db";
  const bool has_text = stat(spec.file.c_str(), &text) == 0;
  if (stat(file.c_str(), &map) != 0) {
    if (!has_text) return;
    remarks.push_back(maillog::remark(
        maillog::Priority::error,
        "alias database " + file + " missing: there are no aliases until newaliases is run"));
  } else if (has_text && text.st_mtim.tv_sec > map.st_mtim.tv_sec) {
    remarks.push_back(maillog::remark(maillog::Priority::error,
                                      "alias database " + file + " out of date: run newaliases"));
  }
}

}  // namespace

Result<policy::AliasMaps> open_aliases(const conf::Config& config, const table::Upkeep& upkeep,
                                       maillog::Lines& remarks) {
  policy::AliasMaps maps;
  const auto specs = policy::parse_alias_files(config.alias_file);
  if (!specs) return permanent("AliasFile: " + specs.error());
  for (const auto& spec : *specs) {
    remark_on_alias_file(spec, remarks);
    auto opened =
        table::open_table({.type = spec.type, .file = spec.file, .optional = true}, upkeep);
    if (!opened) return std::unexpected(std::move(opened).error().within("AliasFile"));
    maps.push_back(std::move(*opened));
  }
  return maps;
}

}  // namespace signet::daemon
