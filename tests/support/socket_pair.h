// Both ends of a stream between processes of ours.
#pragma once

#include <sys/socket.h>

#include "signet/base/fd.h"

namespace signet::test {

struct SocketPair {
  SocketPair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
      one = Fd(ends[0]);
      other = Fd(ends[1]);
    }
  }
  Fd one;
  Fd other;
};

}  // namespace signet::test
