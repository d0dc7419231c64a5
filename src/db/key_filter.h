// Which keys are surely not in a map. Nearly all look-ups for a message find nothing, and Berkeley
// DB takes some 2,500 instructions to say so: this takes one or two reads of memory. 16 bits a key.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace signet::db {

// The keys of a file, as far as they were seen.
struct SeenKeys {
  std::vector<std::uint64_t> hashes;
  bool all = true;  // false: there are keys that were not looked at
};

// Of a key as it stands in the file: a NUL behind it (makemap -N) does not count.
[[nodiscard]] std::uint64_t key_hash(std::string_view key);

class KeyFilter final {
 public:
  KeyFilter() = default;  // holds everything
  explicit KeyFilter(const SeenKeys& seen);
  // False: certainly not there.
  [[nodiscard]] bool may_hold(std::string_view key) const;

 private:
  [[nodiscard]] bool bit(std::uint64_t number) const {
    return (words_[(number & mask_) / 64] >> (number % 64) & 1U) != 0;
  }
  std::vector<std::uint64_t> words_;  // empty: everything
  std::uint64_t mask_ = 0;            // of the number of a bit
};

}  // namespace signet::db
