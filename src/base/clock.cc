#include "signet/base/clock.h"

namespace signet {

Now read_clocks() {
  return {std::chrono::steady_clock::now(),
          std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
}

}  // namespace signet
