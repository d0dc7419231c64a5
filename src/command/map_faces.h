// What makemap and editmap share: how they name types and files, and what they say in vain.
#pragma once

#include <expected>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "signet/base/result.h"
#include "signet/db/map.h"

namespace signet::command {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// With .db behind it.
[[nodiscard]] std::string map_file(std::string_view name);
// Words after which a map could not be opened.
[[nodiscard]] std::string open_failure(const Error& error);

// The map that a program was told to use.
struct NamedMap {
  std::string_view program;  // "makemap"
  std::string type;
  std::string name;
};
// Say on `err` what was in vain; the exit status.
[[nodiscard]] int cannot_open(const NamedMap& map, std::string_view why, std::ostream& err);
[[nodiscard]] int cannot_write(const NamedMap& map, const Error& error, std::ostream& err);
// Empty where there is no such type, or not the file that -C names (`cf`), of which nothing is
// read: what sendmail takes from it, the owner of new maps, is that of the map that is replaced.
// Then it was said, and the error is the exit status.
[[nodiscard]] std::expected<db::Kind, int> kind_of(const NamedMap& map,
                                                   const std::optional<std::string>& cf,
                                                   std::ostream& err);

}  // namespace signet::command
