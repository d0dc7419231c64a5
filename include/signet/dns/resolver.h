// Asynchronous DNS for one loop. A look-up returns a Query; destroying it cancels, the callback is
// never called after that, and never before the call returned. RFC 1035, 5321 §5.1, 7505.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"
#include "signet/base/result.h"
#include "signet/loop/loop.h"

namespace signet::dns {

enum class Found {
  yes,
  no_data,    // the name exists, not with this type
  no_name,    // NXDOMAIN, authoritative
  temporary,  // SERVFAIL, timeout, bogus: never a reason to bounce
};

template <class T>
struct Answer {
  Found found = Found::temporary;
  std::vector<T>
      records{};         // bounded in number; names are host names, lower case, without odd bytes
  bool secure = false;   // DNSSEC validated
  std::string detail{};  // for the log: "SERVFAIL", "timeout"
};

struct MxRecord {
  std::uint16_t preference = 0;
  std::string host;  // lower case, no trailing dot; "" is the null MX
};

// Types whose records can be had as text.
enum class RecordType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  ptr = 12,
  mx = 15,
  txt = 16,
  afsdb = 18,
  aaaa = 28,
  srv = 33,
};
[[nodiscard]] std::optional<RecordType> record_type(std::string_view name);  // "MX"; case is none

class Query {
 public:
  virtual ~Query() = default;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  template <class T>
  using On = std::move_only_function<void(Answer<T>)>;
  // A and AAAA together, IPv4 and IPv6 as `families` allows; hosts file first.
  [[nodiscard]] virtual std::unique_ptr<Query> addresses(std::string_view name,
                                                         On<IpAddress> done) = 0;
  // A alone, and of DNS alone: what block lists answer.
  [[nodiscard]] virtual std::unique_ptr<Query> ipv4(std::string_view name, On<IpAddress> done) = 0;
  [[nodiscard]] virtual std::unique_ptr<Query> mx(std::string_view name, On<MxRecord> done) = 0;
  // PTR: names of an address.
  [[nodiscard]] virtual std::unique_ptr<Query> names(const IpAddress& ip, On<std::string> done) = 0;
  // Of DNS alone. A record as text: its address, its host name without preference or port, or what
  // its strings say together, in bytes that can be printed.
  [[nodiscard]] virtual std::unique_ptr<Query> records(std::string_view name, RecordType type,
                                                       On<std::string> done) = 0;
};

struct ResolverOptions {
  std::string server{};                   // "127.0.0.1@5353"; empty: /etc/resolv.conf
  std::string hosts_file = "/etc/hosts";  // empty: none
  bool ipv6 = true;
  Duration patience = std::chrono::seconds(30);  // for a whole look-up; then Found::temporary
};

// libunbound on the event base of `loop`. Thread: that loop's. Outlives its queries.
[[nodiscard]] Result<std::unique_ptr<Resolver>> make_resolver(loop::Loop& loop,
                                                              const ResolverOptions& options);

}  // namespace signet::dns
