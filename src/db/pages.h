// Are the pages of a map file sound? Berkeley DB trusts what it reads: lengths and page numbers in
// a damaged file end the process. So a file is looked through once, before it is opened.
#pragma once

#include <functional>
#include <string_view>

#include "db/key_filter.h"
#include "signet/base/result.h"
#include "signet/db/map.h"

namespace signet::db {

using SeeKey = std::function<void(std::string_view key)>;

// Reads the whole file; its keys by the way, which `see_key` is told, too, if there is one. Errors:
// not a map of this kind, damaged, unreadable.
[[nodiscard]] Result<SeenKeys> check_pages(int fd, Kind kind, const SeeKey& see_key);

}  // namespace signet::db
