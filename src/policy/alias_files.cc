#include "signet/policy/alias_files.h"

#include "signet/base/text.h"

namespace signet::policy {
namespace {

// -o may stand in front of the type or of the file.
void take_optional(std::string_view& text, AliasMapSpec& spec) {
  text = trim(text);
  if (!text.starts_with("-o ") && !text.starts_with("-o\t")) return;
  spec.optional = true;
  text = trim(text.substr(2));
}

}  // namespace

std::expected<std::vector<AliasMapSpec>, std::string> parse_alias_files(std::string_view text) {
  std::vector<AliasMapSpec> specs;
  for (const auto part : split(text, ',')) {
    AliasMapSpec spec;
    std::string_view rest = part;
    take_optional(rest, spec);
    if (rest.empty()) continue;
    if (!rest.starts_with('/')) {
      const auto colon = rest.find(':');
      if (colon == std::string_view::npos) {
        return std::unexpected("\"" + printable(trim(part)) + "\" names no file with its path");
      }
      spec.type = trim(rest.substr(0, colon));
      if (spec.type == "implicit") spec.type = "hash";
      if (spec.type != "hash" && spec.type != "btree") {
        return std::unexpected("aliases of type " + printable(spec.type) +
                               " are not there: hash, btree");
      }
      rest.remove_prefix(colon + 1);
      take_optional(rest, spec);
    }
    if (!rest.starts_with('/')) {
      return std::unexpected("\"" + printable(trim(part)) + "\" names no file with its path");
    }
    spec.file = rest;
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace signet::policy
