// INPUT_MAIL_FILTER and MAIL_FILTER as values: the X lines, and lists of their names.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"
#include "signet/conf/origin.h"

namespace signet::conf {

struct MailFilter {
  // What is done with mail when the filter is not there, does not answer, or talks nonsense (F=).
  enum class OnFailure { go_on, reject, temporary, close };

  std::string name;
  std::string path;                  // unix socket; empty: port and host
  std::string host;                  // to be looked up; empty: `address`
  std::optional<IpAddress> address;  // in brackets or as it is
  bool v6 = false;                   // inet6
  std::uint16_t port = 0;
  OnFailure on_failure = OnFailure::go_on;
  std::chrono::seconds connect{300};  // T= C, S, R, E; 0: no limit
  std::chrono::seconds send{10};
  std::chrono::seconds read{10};
  std::chrono::seconds end{300};
  Origin at;

  [[nodiscard]] std::string socket() const;  // as S= would say it
};

// "name, S=socket, F=T, T=C:5m;R:30s": what stands behind the X of the cf. The error says what is
// wrong; `remarks` collects what has no meaning.
[[nodiscard]] std::expected<MailFilter, std::string> parse_mail_filter(
    std::string_view text, std::vector<std::string>& remarks);

// "one, two" of InputMailFilters, "one;two" of a port's I=.
[[nodiscard]] std::vector<std::string> parse_filter_names(std::string_view text);

}  // namespace signet::conf
