// "did you mean": edit distance (insert, delete, change, swap of neighbours), case aside.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "signet/base/text.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

constexpr std::size_t kLongestName = 64;

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) &&
                           to_lower(a[i - 2]) == to_lower(b[j - 1]);
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before = std::exchange(row, next);
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view wrong, std::span<const std::string_view> known,
                                   std::size_t most) {
  if (wrong.empty() || wrong.size() > kLongestName) return std::nullopt;
  // Further is another word.
  std::size_t best = std::min(std::max<std::size_t>(1, wrong.size() / 3), most) + 1;
  std::string_view name;
  for (const auto candidate : known) {
    if (candidate.empty()) continue;
    // So far apart in length, so far apart at least.
    if (candidate.size() >= wrong.size() + best || wrong.size() >= candidate.size() + best) {
      continue;
    }
    if (const auto d = distance(wrong, candidate); d < best) {
      best = d;
      name = candidate;
    }
  }
  if (name.empty()) return std::nullopt;
  return std::string(name);
}

std::string suggestion(std::string_view wrong, std::span<const std::string_view> known) {
  const auto name = nearest(wrong, known);
  return name ? ", did you mean " + *name + "?" : std::string();
}

}  // namespace signet::conf
