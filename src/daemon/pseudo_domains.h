// FEATURE(bitdomain), FEATURE(uucpdomain): names below .BITNET and .UUCP, which no DNS knows, have
// maps of their own; all others are domaintable's. One table in front of the three.
#pragma once

#include <memory>

#include "signet/table/table.h"

namespace signet::daemon {

struct DomainTables {
  std::shared_ptr<const table::Table> bitnet;  // each may be null
  std::shared_ptr<const table::Table> uucp;
  std::shared_ptr<const table::Table> domains;
};
// Null where all are.
[[nodiscard]] std::shared_ptr<const table::Table> join_domains(DomainTables tables);

}  // namespace signet::daemon
