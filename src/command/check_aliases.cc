// Lists of :include: that the alias files name, as `signet check` sees them.
#include <fstream>
#include <iterator>

#include "command/check.h"
#include "signet/policy/alias_files.h"
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

}  // namespace

void check_alias_lists(const conf::Config& config, Findings& findings) {
  const auto specs = policy::parse_alias_files(config.alias_file);
  if (!specs) return;  // it does not start
  for (const auto& spec : *specs) {
    std::ifstream file(spec.file);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const auto& entry : policy::parse_alias_text(text).entries) {
      check_lists_of(entry, spec.file, config, findings);
    }
  }
}

}  // namespace signet::command
