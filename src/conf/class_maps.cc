#include "conf/class_maps.h"

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

// "@LDAP", as op.me has it.
constexpr std::string_view kClassInLdap =
    "ldap -k (&(objectClass=sendmailMTAClass)(sendmailMTAClassName={})"
    "(|(sendmailMTACluster=${{sendmailMTACluster}})(sendmailMTAHost=$j))) "
    "-v sendmailMTAClassValue,sendmailMTAClassSearch:FILTER:sendmailMTAClass,"
    "sendmailMTAClassURL:URL:sendmailMTAClass";

}  // namespace

bool names_class_map(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && text.find('/') > at;
}

std::expected<ClassMap, std::string> parse_class_map(std::string_view class_name,
                                                     std::string_view text,
                                                     std::vector<std::string>* remarks) {
  const auto at = text.find('@');
  const auto map = trim(text.substr(at + 1));
  std::string spec;
  if (map == "LDAP") {
    spec = fmt::format(kClassInLdap, class_name);
  } else {
    const auto colon = map.find(':');
    if (colon == std::string_view::npos) {
      return std::unexpected("a map stands behind the @ as TYPE:MAP, or is LDAP");
    }
    spec = fmt::format("{} {}", map.substr(0, colon), map.substr(colon + 1));
  }
  auto parsed = parse_map_spec(spec, remarks);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  if (parsed->type == "ldap" && parsed->delimiter.empty()) parsed->delimiter = "\n";
  parsed->name = class_name;  // for socket
  return ClassMap{.classes = {std::string(class_name)},
                  .key = std::string(trim(text.substr(0, at))),
                  .spec = std::move(*parsed),
                  .optional = false,
                  .at = {}};
}

}  // namespace signet::conf
