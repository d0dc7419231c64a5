// Walks through the hosts of a next hop: MX order, then the addresses of each, then the next hop of
// the list, asking DNS only as far as needed (RFC 5321 §5.1). Loop thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "deliver/outcome.h"
#include "signet/base/ip.h"
#include "signet/deliver/options.h"
#include "signet/dns/mx.h"
#include "signet/dns/resolver.h"
#include "signet/policy/route.h"

namespace signet::deliver {

struct Candidate {
  std::string host;  // MX name without trailing dot, or address text
  SocketAddress address;
  std::string socket{};  // path of a socket, which is called instead
  bool lmtp = false;
  bool helo = false;
};

class HostSearch final {
 public:
  // Either somebody to try, or the reason why there is nobody (left).
  using Next = std::variant<Candidate, Outcome>;
  using Done = std::move_only_function<void(Next)>;

  HostSearch(dns::Resolver& resolver, std::shared_ptr<const Options> options,
             std::vector<policy::NextHop> hops, std::uint32_t random);
  // `done` may be called before this returns (addresses known already).
  void next(Done done);

 private:
  void advance();
  void begin_hop();
  void begin_host();
  void on_choice(const policy::NextHop& hop, const dns::MxChoice& choice);
  void on_addresses(const dns::Answer<IpAddress>& answer);
  void give(Next next);
  void add_candidate(const IpAddress& ip) {
    candidates_.push_back({.host = host_, .address = {ip, port_}, .lmtp = lmtp_, .helo = helo_});
  }
  [[nodiscard]] bool is_us(std::string_view host) const;
  void remember(Outcome reason);

  dns::Resolver& resolver_;
  const std::shared_ptr<const Options> options_;
  std::deque<policy::NextHop> hops_;
  std::uint32_t random_;
  std::deque<std::string> hosts_;     // of the current hop, not yet looked up
  std::deque<Candidate> candidates_;  // of the current host
  std::string host_;
  std::uint16_t port_ = 25;
  bool lmtp_ = false;
  bool helo_ = false;
  bool fallback_is_next_ = false;  // of hops_: FallbackMXhost
  bool at_fallback_ = false;       // it is the current one
  std::optional<Outcome> last_;    // why there is nobody
  Done done_;
  std::unique_ptr<dns::Query> query_;
};

}  // namespace signet::deliver
