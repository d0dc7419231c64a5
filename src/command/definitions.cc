#include "command/definitions.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::command {

void Definitions::set_macro(std::string_view name, std::string_view value) {
  macros_.insert_or_assign(std::string(name), std::string(value));
}

void Definitions::add_to_class(std::string_view name, std::string_view member) {
  classes_[std::string(name)].emplace_back(member);
}

std::string Definitions::macro(std::string_view name) const {
  if (const auto found = macros_.find(name); found != macros_.end()) return found->second;
  const auto dot = std::min(site_.host.find('.'), site_.host.size());
  if (name == "j") return site_.host;
  if (name == "w") return site_.host.substr(0, dot);
  if (name == "m") return dot < site_.host.size() ? site_.host.substr(dot + 1) : std::string();
  return site_.config->macro(name);
}

std::vector<std::string> Definitions::members(std::string_view name) const {
  const auto& options = site_.receive->site;
  auto all = name == "w"   ? options.local_domains
             : name == "R" ? options.relay_domains
                           : site_.config->members(name);
  const auto more = added(name);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<std::string> Definitions::added(std::string_view name) const {
  const auto found = classes_.find(name);
  return found == classes_.end() ? std::vector<std::string>() : found->second;
}

policy::SiteOptions Definitions::options() const {
  auto options = site_.receive->site;
  for (const auto& member : added("w")) options.local_domains.push_back(to_lower(member));
  for (const auto& member : added("R")) options.relay_domains.push_back(to_lower(member));
  return options;
}

}  // namespace signet::command
