// What makemap and editmap share: how they name types and files, and why one cannot be opened.
#pragma once

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

// "hash" "btree" "implicit"; empty: another word.
[[nodiscard]] std::optional<db::Kind> map_kind(std::string_view type);
// With .db behind it.
[[nodiscard]] std::string map_file(std::string_view name);
// Words after which a map could not be opened.
[[nodiscard]] std::string open_failure(const Error& error);
// The file that -C names must be there, though nothing is read of it: what sendmail takes from it,
// the owner of new maps, is that of the map that is replaced. Empty: it is.
[[nodiscard]] std::optional<std::string> missing_cf(const std::string& file);

}  // namespace signet::command
