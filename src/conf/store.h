// How a row of the table of settings reaches its member of Config: into<&Config::tls,
// &Tls::ca_file>.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "signet/conf/config.h"
#include "signet/conf/settings.h"

namespace signet::conf {

using Problem = std::optional<std::string>;

inline void put(std::string& to, const Value& value) { to = value.text; }
inline void put(bool& to, const Value& value) { to = value.flag; }
inline void put(std::uint64_t& to, const Value& value) { to = value.number; }
inline void put(std::vector<std::string>& to, const Value& value) { to = value.list; }
inline void put(std::chrono::seconds& to, const Value& value) {
  to = std::chrono::seconds(value.number);
}
inline void put(std::optional<std::uint64_t>& to, const Value& value) { to = value.number; }
inline void put(std::optional<std::chrono::seconds>& to, const Value& value) {
  to = std::chrono::seconds(value.number);
}

template <auto... Path>
Problem into(Target& target, const Value& value) {
  put((target.config.*....*Path), value);
  return std::nullopt;
}

// A letter of a `letters` setting says yes (or, for TLSSrvOptions, no) to something.
inline bool has_letter(const Value& value, char letter) {
  return value.text.find(letter) != std::string::npos;
}

// The parts of the table, one file each.
[[nodiscard]] std::span<const Setting> server_settings();
[[nodiscard]] std::span<const Setting> queue_settings();
[[nodiscard]] std::span<const Setting> process_settings();
[[nodiscard]] std::span<const Setting> message_settings();
[[nodiscard]] std::span<const Setting> tls_settings();
[[nodiscard]] std::span<const Setting> auth_settings();
[[nodiscard]] std::span<const Setting> timeout_settings();

}  // namespace signet::conf
