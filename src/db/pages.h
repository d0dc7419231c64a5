// Are the pages of a map file sound? Berkeley DB trusts what it reads: lengths and page numbers in
// a damaged file end the process. So a file is looked through once, before it is opened.
#pragma once

#include "db/key_filter.h"
#include "signet/base/result.h"
#include "signet/db/map.h"

namespace signet::db {

// Reads the whole file; its keys by the way. Errors: not a map of this kind, damaged, unreadable.
[[nodiscard]] Result<SeenKeys> check_pages(int fd, Kind kind);

}  // namespace signet::db
