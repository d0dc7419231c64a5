// Which hosts to try for a domain, in which order: RFC 5321 §5.1, null MX RFC 7505. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signet/dns/resolver.h"

namespace signet::dns {

struct MxChoice {
  enum class Outcome {
    hosts,       // try `hosts` in this order
    null_mx,     // accepts no mail: 5.1.10
    no_host,     // NXDOMAIN: "Host unknown"
    temporary,   // ask again later
    loops_back,  // we are the best MX: 5.3.5 "MX list for X. points back to Y"
  };
  Outcome outcome = Outcome::temporary;
  std::vector<std::string> hosts;
  bool implicit = false;  // no MX at all: the domain itself
  bool ours = false;      // we are among them; those before us are left
};

// `own_names`: class w; hosts of our own preference and worse are left out. Equal preferences are
// shuffled by `random`. A domain without MX is its own host (whether it has an address shows
// later).
[[nodiscard]] MxChoice choose_mx(std::string_view domain, const Answer<MxRecord>& answer,
                                 const std::vector<std::string>& own_names, std::uint32_t random);

}  // namespace signet::dns
