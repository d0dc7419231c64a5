// How many connections each address has, so that none gets all there are: many domains may name one
// host that hangs. Owned by the Courier; loop thread.
#pragma once

#include <cstddef>
#include <map>

#include "signet/base/ip.h"

namespace signet::deliver {

class Crowd final {
 public:
  [[nodiscard]] bool has_room(const SocketAddress& address, std::size_t most) const {
    const auto at = counts_.find(address);
    return at == counts_.end() || at->second < most;
  }

  // A connection counts while it holds one of these. The Crowd outlives it.
  class Place final {
   public:
    Place(Crowd& crowd, const SocketAddress& address) : crowd_(crowd), address_(address) {
      ++crowd_.counts_[address_];
    }
    ~Place() {
      const auto at = crowd_.counts_.find(address_);
      if (--at->second == 0) crowd_.counts_.erase(at);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Crowd& crowd_;
    const SocketAddress address_;
  };

 private:
  std::map<SocketAddress, std::size_t> counts_;
};

}  // namespace signet::deliver
