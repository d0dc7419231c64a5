#include <algorithm>

#include "signet/base/ip.h"
#include "signet/base/text.h"
#include "signet/table/table.h"

namespace signet::table {

// [tag:]1.2.3.0/LENGTH, [tag:]ipv6:.../LENGTH; a NUL of makemap -N may stand behind it.
void Networks::note(std::string_view key) {
  const auto slash = key.rfind('/');
  if (slash == std::string_view::npos) return;
  auto digits = key.substr(slash + 1);
  if (digits.ends_with('\0')) digits.remove_suffix(1);
  const auto length = parse_number(digits);
  if (!length || digits.size() > 3) return;
  const std::string address = to_lower(key.substr(0, slash));
  const auto v6_at = address.rfind("ipv6:");
  const auto colon = address.rfind(':');
  const auto from = v6_at != std::string::npos   ? v6_at
                    : colon != std::string::npos ? colon + 1
                                                 : std::size_t{0};
  const auto ip = IpAddress::parse(std::string_view(address).substr(from));
  if (!ip) return;
  if (ip->is_v6() && *length < v6.size()) v6.set(*length);
  if (!ip->is_v6() && *length < v4.size()) v4.set(*length);
}

}  // namespace signet::table
