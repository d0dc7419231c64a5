// A map that is DNS: the key is a name, the answer its records of one type. Who asks DNS is given
// (Upkeep::ask_dns); this knows what to ask and how records make a value.
#pragma once

#include <memory>

#include "signet/table/table.h"
#include "table/file_table.h"

namespace signet::table {

// Fails: nobody is there who asks DNS.
[[nodiscard]] Result<std::shared_ptr<const Table>> make_dns_table(const Spec& spec,
                                                                  const Upkeep& upkeep,
                                                                  Clock clock);

}  // namespace signet::table
