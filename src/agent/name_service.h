// Users and groups by name, from any thread. Blocks for as long as the name service does.
#pragma once

#include <cerrno>
#include <string>
#include <vector>

namespace signet::agent {

// `look_up` is getpwnam_r or getgrnam_r; `buffer` holds what `entry` points to. Null: not found,
// and `code` says whether that is certain.
template <class Entry, class LookUp>
const Entry* find_entry(LookUp look_up, const std::string& name, Entry& entry,
                        std::vector<char>& buffer, int& code) {
  constexpr std::size_t kLeast = 4096;
  constexpr std::size_t kMost = 1024 * 1024;
  Entry* found = nullptr;
  buffer.resize(kLeast);
  while ((code = look_up(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
         buffer.size() < kMost) {
    buffer.resize(buffer.size() * 2);
  }
  return found;
}

}  // namespace signet::agent
