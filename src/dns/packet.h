// A DNS answer (RFC 1035 §4) as records of one type. Bytes from outside: bounded, and names that
// are no host names are left out, since they go to logs, headers and next hops.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"
#include "signet/dns/resolver.h"

namespace signet::dns {

using Type = RecordType;

// What libunbound called back with.
struct Packet {
  int rcode = 2;  // SERVFAIL
  std::string bytes;
  bool secure = false;
  bool bogus = false;
  std::string detail;
};

// Of an event of libunbound's. With an `rcode` there is no answer, and `bytes` is what its buffer
// had in it before: the answer to somebody else.
[[nodiscard]] Packet packet_of(int rcode, std::string_view bytes);

[[nodiscard]] Answer<IpAddress> addresses_in(const Packet& packet);
[[nodiscard]] Answer<MxRecord> mx_in(const Packet& packet);
[[nodiscard]] Answer<std::string> names_in(const Packet& packet);
[[nodiscard]] Answer<std::string> records_in(const Packet& packet, Type type);

// Letters, digits, '-' and '_' in labels of 1 to 63, at most 253 octets. In lower case, without the
// dot at the end; empty: not one.
[[nodiscard]] std::string host_name(std::string_view text);

}  // namespace signet::dns
