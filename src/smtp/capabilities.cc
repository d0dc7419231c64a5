#include "smtp/capabilities.h"

#include <algorithm>

#include "signet/base/text.h"

namespace signet::smtp {

// "AUTH=PLAIN LOGIN" is how servers spelled it before RFC 2554.
Capabilities::Capabilities(const mail::Reply& ehlo) {
  const auto lines = split(ehlo.text, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto line = trim(lines[i]);
    const auto end = std::min(line.find_first_of(" ="), line.size());
    if (end == 0) continue;
    const auto parameters = trim(line.substr(std::min(end + 1, line.size())));
    auto& kept = keywords_[to_lower(line.substr(0, end))];
    if (!kept.empty()) kept += ' ';
    kept += parameters;
  }
}

bool Capabilities::offers(std::string_view keyword) const {
  return keywords_.contains(to_lower(keyword));
}

std::uint64_t Capabilities::number_of(const char* keyword) const {
  const auto found = keywords_.find(keyword);
  return found == keywords_.end() ? 0 : parse_number(found->second).value_or(0);
}

std::uint64_t Capabilities::size_limit() const { return number_of("size"); }
std::uint64_t Capabilities::least_deliver_by() const { return number_of("deliverby"); }

std::vector<std::string> Capabilities::mechanisms() const {
  std::vector<std::string> names;
  const auto found = keywords_.find("auth");
  if (found == keywords_.end()) return names;
  for (const auto name : words(found->second)) {
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  }
  return names;
}

}  // namespace signet::smtp
