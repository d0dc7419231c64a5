#include "dns/hosts.h"

#include <fstream>

#include "signet/base/text.h"

namespace signet::dns {
namespace {

std::string key_of(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

}  // namespace

Hosts::Hosts(const std::string& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    add_line(std::string_view(line).substr(0, line.find('#')));
  }
}

void Hosts::add_line(std::string_view line) {
  const auto parts = words(line);
  if (parts.size() < 2) return;
  const auto ip = IpAddress::parse(parts.front());
  if (!ip) return;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string name = key_of(parts[i]);
    by_name_[name].push_back(*ip);
    by_address_[*ip].push_back(name);
  }
}

std::vector<IpAddress> Hosts::addresses(std::string_view name) const {
  const auto found = by_name_.find(key_of(name));
  return found == by_name_.end() ? std::vector<IpAddress>() : found->second;
}

std::vector<std::string> Hosts::names(const IpAddress& ip) const {
  const auto found = by_address_.find(ip);
  return found == by_address_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace signet::dns
