#include "daemon/class_maps.h"

#include <string>
#include <utility>

#include "daemon/map_dns.h"
#include "daemon/maps.h"
#include "signet/agent/lesser_child.h"
#include "signet/base/text.h"

namespace signet::daemon {
namespace {

constexpr std::size_t kLongestClass = 4 * 1024 * 1024;  // octets
constexpr std::chrono::seconds kClassPatience{60};

Result<std::string> members_of(const conf::ClassMap& map, const MapOpener& opener,
                               const agent::Identity& identity) {
  auto spec = opener.spec_of(map.spec);
  spec.longest_answer = kLongestClass;
  auto table = opener.open_spec(spec);
  if (!table) return std::unexpected(std::move(table).error());
  const auto ask = [&]() -> Result<std::string> {
    auto found = (*table)->find(map.key);
    if (!found) return std::unexpected(std::move(found).error());
    return found->value_or("");
  };
  return (*table)->waits() ? agent::ask_as(identity, ask, kClassPatience) : ask();
}

}  // namespace

Result<std::shared_ptr<const conf::Config>> with_class_maps(
    std::shared_ptr<const conf::Config> config, const table::Upkeep& upkeep,
    const agent::Identity& identity, maillog::Lines& remarks) {
  if (config->class_maps.empty()) return config;
  const Names names = make_names(*config);
  // Nobody looks after what is asked once.
  const table::Upkeep once{.open_file = upkeep.open_file, .ask_dns = dns_of_maps(*config)};
  const MapOpener opener(*config, names, once);
  auto whole = std::make_shared<conf::Config>(*config);
  whole->class_maps.clear();
  for (const auto& map : config->class_maps) {
    const auto members = members_of(map, opener, identity);
    if (!members) {
      auto error = Error(members.error())
                       .within(map.at.to_string() + ": members of class " + map.classes.front());
      if (!map.optional) return std::unexpected(std::move(error));
      remarks.push_back(maillog::remark(maillog::Priority::warning, error.what));
      continue;
    }
    for (const auto word : words(*members)) {
      for (const auto& name : map.classes) {
        whole->classes[name].push_back({std::string(word), map.at});
      }
    }
  }
  return whole;
}

}  // namespace signet::daemon
