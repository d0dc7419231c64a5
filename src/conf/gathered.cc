#include "conf/gathered.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

constexpr std::array kIdle =
    std::to_array<std::string_view>({"has no effect yet", "has no meaning here"});

// What the warning is about and which of kIdle is said of it; kind kIdle.size(): something else.
struct IdleThing {
  std::string_view name;
  std::size_t kind = kIdle.size();
};

IdleThing idle_thing(const Warning& warning) {
  const std::string_view text = warning.text;
  for (std::size_t kind = 0; kind < kIdle.size(); ++kind) {
    const auto at = text.find(kIdle[kind]);
    if (at == std::string_view::npos || at == 0) continue;
    // Of several the sentences behind are left to the manual.
    const auto behind = text.substr(at + kIdle[kind].size());
    if (!behind.empty() && behind.front() != ':') continue;
    return {trim(text.substr(0, at)), kind};
  }
  return {};
}

// "option A", "option B" -> "option A, B"; "DontBlameSendmail=A" likewise.
void append(std::string& names, std::string_view& kind_of_last, std::string_view name) {
  const auto end = name.find_first_of(" =");
  const auto kind = end == std::string_view::npos ? std::string_view() : name.substr(0, end + 1);
  if (!names.empty()) names += ", ";
  names += !kind.empty() && kind == kind_of_last ? name.substr(kind.size()) : name;
  kind_of_last = kind;
}

}  // namespace

Warnings gathered(Warnings warnings) {
  Warnings result;
  std::vector<bool> taken(warnings.size(), false);
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    if (taken[i]) continue;
    const auto first = idle_thing(warnings[i]);
    std::string names;
    std::string_view kind_of_last;
    std::size_t count = 0;
    for (std::size_t j = i; j < warnings.size() && first.kind < kIdle.size(); ++j) {
      const auto other = idle_thing(warnings[j]);
      if (other.kind != first.kind || warnings[j].at != warnings[i].at) continue;
      append(names, kind_of_last, other.name);
      taken[j] = true;
      ++count;
    }
    if (count < 2) {
      result.push_back(warnings[i]);
      continue;
    }
    result.push_back(
        {warnings[i].at, fmt::format("{} have{}", names, kIdle[first.kind].substr(3))});
  }
  return result;
}

Warnings without_idle_at(Warnings warnings, const Origin& at) {
  std::erase_if(warnings, [&](const Warning& warning) {
    return warning.at == at && idle_thing(warning).kind < kIdle.size();
  });
  return warnings;
}

}  // namespace signet::conf
