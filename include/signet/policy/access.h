// The access map: key forms, look-up orders and right-hand sides, over any
// table. Thread-safe as the table is; holds no state of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signet/base/ip.h"
#include "signet/base/result.h"
#include "signet/table/table.h"

namespace signet::policy {

struct AccessOptions {
  bool skip = false;               // FEATURE(access_db) argument: SKIP ends a search
  bool lookup_dot_domain = false;  // TAG:.rest is tried too
  bool relay_to_full_address = false;
  bool compressed_ipv6 = false;  // UseCompressedIPv6Addresses
};

struct Hit {
  std::string key;    // as found: "connect:192.0.2"
  std::string value;  // right-hand side
};
using Lookup = Result<std::optional<Hit>>;  // an error: the map failed, treat as TEMP

enum class Tagged { only, also_bare };  // sendmail's '!' and '+'

class Access final {
 public:
  // `map` may be null: every look-up finds nothing. It outlives this object.
  Access(const table::Table* map, AccessOptions options) : map_(map), options_(options) {}

  // Tags are given as written in the manual ("TLS_Clt"); keys are folded here.
  // host, its parent domains
  [[nodiscard]] Lookup domain(std::string_view tag, std::string_view host, Tagged mode) const;
  // address, shorter and shorter prefixes at group boundaries
  [[nodiscard]] Lookup address(std::string_view tag, const IpAddress& ip, Tagged mode) const;
  // domain, then address
  [[nodiscard]] Lookup peer(std::string_view tag, std::string_view host, const IpAddress& ip,
                            Tagged mode) const;
  // user+detail@dom, user+*@dom, user@dom
  [[nodiscard]] Lookup full_address(std::string_view tag, std::string_view address,
                                    Tagged mode) const;
  // user+detail@, user+*@, user@
  [[nodiscard]] Lookup local_part(std::string_view tag, std::string_view local, Tagged mode) const;
  // full_address, then (if wanted, or without a domain) local_part, then domain
  [[nodiscard]] Lookup mailbox(std::string_view tag, std::string_view address, Tagged mode,
                               bool local_part_alone) const;
  [[nodiscard]] Lookup exact(std::string_view key) const;  // folded to lower case
  [[nodiscard]] bool configured() const { return map_ != nullptr; }
  [[nodiscard]] const AccessOptions& options() const { return options_; }

 private:
  const table::Table* map_;
  AccessOptions options_;
};

}  // namespace signet::policy
