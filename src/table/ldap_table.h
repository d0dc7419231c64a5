// A map that is a directory: the key goes into a filter, the answer is made of attributes of the
// entries found. Attributes may lead to other entries, as in sendmail.
#pragma once

#include <memory>

#include "signet/table/table.h"
#include "table/file_table.h"

namespace signet::table {

// Reads the password file; the server is asked when somebody looks up. Fails: no password.
[[nodiscard]] Result<std::shared_ptr<const Table>> make_ldap_table(const Spec& spec,
                                                                   const Upkeep& upkeep,
                                                                   Clock clock);

}  // namespace signet::table
