// Dates in mail are local time; the tests that compare them say which.
#pragma once

#include <cstdlib>
#include <ctime>

namespace signet::mail {

inline void use_zone(const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
}

}  // namespace signet::mail
