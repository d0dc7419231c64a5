// A map that is a regular expression (POSIX): the key is matched, the answer is made of what
// matched.
#pragma once

#include <memory>

#include "signet/table/table.h"

namespace signet::table {

// Errors: the expression is none, or has not the parts that -s names.
[[nodiscard]] Result<std::shared_ptr<const Table>> make_regex_table(const Spec& spec);

}  // namespace signet::table
