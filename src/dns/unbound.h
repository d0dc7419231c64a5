// One question to libunbound, driven by the loop's event base. Destroyed: cancelled.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dns/packet.h"
#include "signet/loop/loop.h"

struct ub_ctx;

namespace signet::dns {

// What a question needs, the same for all of a resolver.
struct Unbound {
  loop::Loop& loop;
  ub_ctx* context;
  Duration patience;  // an answer that takes longer is a timeout
};

class RawQuery final {
 public:
  using Done = std::move_only_function<void(const Packet&)>;
  // `done` is called once, never before the constructor returned; at the latest after `patience`.
  RawQuery(const Unbound& unbound, const std::string& name, Type type, Done done);
  ~RawQuery();
  RawQuery(const RawQuery&) = delete;
  RawQuery& operator=(const RawQuery&) = delete;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace signet::dns
