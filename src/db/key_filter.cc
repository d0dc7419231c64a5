#include "db/key_filter.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace signet::db {
namespace {

constexpr std::size_t kBitsPerKey = 16;  // with two bits set a key: about one miss in 70 is asked

// The two bits of a key.
std::uint64_t second(std::uint64_t hash) { return hash >> 32U | hash << 32U; }

}  // namespace

std::uint64_t key_hash(std::string_view key) {
  if (key.ends_with('\0')) key.remove_suffix(1);
  return std::hash<std::string_view>{}(key);
}

KeyFilter::KeyFilter(const SeenKeys& seen) {
  if (!seen.all) return;
  const auto bits = std::bit_ceil(std::max<std::size_t>(64, seen.hashes.size() * kBitsPerKey));
  words_.resize(bits / 64);
  mask_ = bits - 1;
  for (const auto hash : seen.hashes) {
    for (const auto number : {hash & mask_, second(hash) & mask_}) {
      words_[number / 64] |= std::uint64_t{1} << (number % 64);
    }
  }
}

bool KeyFilter::may_hold(std::string_view key) const {
  if (words_.empty() || key.ends_with('\0')) return true;
  const auto hash = key_hash(key);
  return bit(hash) && bit(second(hash));
}

}  // namespace signet::db
