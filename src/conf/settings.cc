// The whole table, joined from its parts, and how a name is found in it.
#include "signet/conf/settings.h"

#include <algorithm>

#include "conf/store.h"
#include "signet/base/text.h"

namespace signet::conf {
namespace {

std::vector<Setting> join() {
  std::vector<Setting> all;
  for (const auto part : {server_settings(), tls_settings(), auth_settings(), queue_settings(),
                          message_settings(), process_settings(), timeout_settings()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> all = join();
  return all;
}

const Setting* find_setting(std::string_view name) {
  const auto all = settings();
  const auto at =
      std::ranges::find_if(all, [&](const Setting& row) { return iequals(row.name, name); });
  return at == all.end() ? nullptr : &*at;
}

const Word* find_word(std::span<const Word> words, std::string_view name) {
  const auto at = std::ranges::find_if(words, [&](const Word& row) { return row.name == name; });
  return at == words.end() ? nullptr : &*at;
}

std::vector<std::string_view> names_of(std::span<const Word> words) {
  std::vector<std::string_view> names;
  for (const auto& word : words) names.push_back(word.name);
  return names;
}

}  // namespace signet::conf
