// Are the pages of a map file sound? Berkeley DB trusts what it reads: lengths and page numbers in
// a damaged file end the process. So a file is looked through once, before it is opened.
#pragma once

#include "signet/base/result.h"
#include "signet/db/map.h"

namespace signet::db {

// Reads the whole file. Errors: not a map of this kind, damaged, unreadable.
[[nodiscard]] Result<void> check_pages(int fd, Kind kind);

}  // namespace signet::db
