// Lines of a map's text that do nothing, or not what their writer meant: keys that are never looked
// up, values that are text instead of a word. For makemap and `signet check`. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signet::policy {

// What the map is for: which keys are looked up in it.
enum class MapUse { unknown, access, mailertable, virtusertable, domaintable, authinfo };

// By the name that such a file usually has: "/etc/mail/access" and the like.
[[nodiscard]] MapUse usual_use(std::string_view file);

struct EntryRules {
  MapUse use = MapUse::unknown;
  bool keep_case = false;                   // the text was read with -f: keys are as written
  std::optional<bool> compressed_ipv6{};    // UseCompressedIPv6Addresses; empty: not known
  std::optional<bool> lookup_dot_domain{};  // FEATURE(`lookupdotdomain'); empty: not known
};

// `key`, `value`: as makemap parts the line. What is wrong and what to write instead; empty:
// nothing is.
[[nodiscard]] std::optional<std::string> why_dead(std::string_view key, std::string_view value,
                                                  const EntryRules& rules);

}  // namespace signet::policy
