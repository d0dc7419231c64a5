// A map that another program holds: sendmail's socketmap protocol, one netstring "NAME KEY" there,
// one netstring "OK VALUE", "NOTFOUND", "TEMP|TIMEOUT|PERM reason" back, over a connection that
// stays. Waits for the answer a bounded time.
#pragma once

#include <memory>

#include "signet/table/table.h"
#include "table/file_table.h"

namespace signet::table {

[[nodiscard]] std::shared_ptr<const Table> make_socket_table(const Spec& spec, const Upkeep& upkeep,
                                                             Clock clock);

}  // namespace signet::table
