// A mail filter (milter) as sessions need it: where it is, how long it may take, and what is done
// when it fails.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signet/base/ip.h"
#include "signet/milter/filter_session.h"

namespace signet::receive {

struct MailFilter {
  enum class OnFailure {
    go_on,      // as if it were not there
    reject,     // F=R: 5yz
    temporary,  // F=T: 4yz
    close,      // F=4: 421
  };
  std::string name;
  std::string path;  // unix socket; empty: port and host
  std::string host;  // to be looked up; empty: `address`
  std::optional<IpAddress> address;
  bool v6 = false;  // which addresses of the host
  std::uint16_t port = 0;
  OnFailure on_failure = OnFailure::go_on;
  std::chrono::seconds connect{300};  // 0: as long as the system tries
  milter::Patience patience;
};
// In the order in which they are asked.
using MailFilters = std::vector<std::shared_ptr<const MailFilter>>;

}  // namespace signet::receive
