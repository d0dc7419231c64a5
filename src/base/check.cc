#include "signet/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace signet {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "signet: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace signet
