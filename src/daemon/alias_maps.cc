#include "daemon/alias_maps.h"

#include <sys/stat.h>

#include <utility>

#include "signet/conf/alias_files.h"

namespace signet::daemon {
namespace {

constexpr std::size_t kLongestAlias = 64 * 1024;  // octets: more than its members may be

// sequence: of what it names.
void remark_on_alias_file(const conf::MapSpec& map, maillog::Lines& remarks) {
  for (const auto& member : map.maps) remark_on_alias_file(member, remarks);
  const auto say = [&](const std::string& what) {
    remarks.push_back(maillog::remark(maillog::Priority::error, "alias database " + what));
  };
  struct stat text {};
  struct stat made {};
  const bool has_text = stat(map.file.c_str(), &text) == 0;
  if (map.type == "text" && !has_text && !map.optional) {
    say(map.file + " missing: there are no aliases until it is there");
  }
  if (!conf::is_built(map)) return;
  const std::string file = map.file + ".db";
  if (stat(file.c_str(), &made) != 0) {
    if (has_text) say(file + " missing: there are no aliases until newaliases is run");
  } else if (has_text && text.st_mtim.tv_sec > made.st_mtim.tv_sec) {
    say(file + " out of date: run newaliases");
  }
}

void make_alias_spec(table::Spec& spec) {
  spec.optional = true;
  spec.longest_answer = kLongestAlias;
  for (auto& member : spec.maps) make_alias_spec(member);
}

}  // namespace

table::Spec alias_spec(const MapOpener& opener, const conf::MapSpec& map) {
  auto spec = opener.spec_of(map);
  make_alias_spec(spec);
  return spec;
}

Result<policy::AliasMaps> open_aliases(const conf::Config& config, const MapOpener& opener,
                                       maillog::Lines& remarks) {
  policy::AliasMaps maps;
  for (const auto& map : config.aliases) {
    remark_on_alias_file(map, remarks);
    auto opened = opener.open_spec(alias_spec(opener, map));
    if (!opened) return std::unexpected(std::move(opened).error().within("AliasFile"));
    maps.push_back(std::move(*opened));
  }
  return maps;
}

}  // namespace signet::daemon
