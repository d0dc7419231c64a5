// The alias files, and the lists of :include: that they name, as `signet check` sees them.
#include <fstream>
#include <iterator>

#include "command/check.h"
#include "signet/conf/alias_files.h"
#include "signet/policy/alias_text.h"

namespace signet::command {
namespace {

void check_lists_of(const policy::AliasEntry& entry, const std::string& file,
                    const conf::Config& config, Findings& findings) {
  const auto members = policy::parse_alias_members(entry.value);
  if (!members) return;  // newaliases says so
  for (const auto& member : *members) {
    if (member.kind != policy::AliasMember::Kind::include) continue;
    const auto fault = daemon::fault_of_list(config, member.text);
    if (!fault) continue;
    findings.add({.level = Level::warning,
                  .code = "alias-list",
                  .file = file,
                  .line = static_cast<int>(entry.line),
                  .text = entry.name + ": " + *fault,
                  .remedy = "let DefaultUser read it, and nobody else write it or its folders"});
  }
}

// sequence: what it names.
void check_alias_map(const conf::MapSpec& map, const conf::Config& config, Findings& findings) {
  for (const auto& member : map.maps) check_alias_map(member, config, findings);
  const bool built = conf::is_built(map);
  if (built || map.type == "text") check_writers(map.file, findings);
  if (!built) return;
  check_writers(map.file + ".db", findings);
  std::ifstream file(map.file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto is_local = daemon::local_domains(config);
  if (!is_local) return;  // another check says why
  for (const auto& entry : policy::parse_alias_text(text, *is_local).entries) {
    check_lists_of(entry, map.file, config, findings);
  }
}

}  // namespace

void check_aliases(const conf::Config& config, Findings& findings) {
  for (const auto& map : config.aliases) check_alias_map(map, config, findings);
}

}  // namespace signet::command
