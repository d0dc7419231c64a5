// A configuration written in a test.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "signet/conf/load.h"

namespace signet::daemon {

inline conf::Config config_of(std::string_view text) {
  auto loaded = conf::parse(std::string(text) + "\nMlocal\n", "site.cf");
  EXPECT_TRUE(loaded) << loaded.error().what;
  return loaded ? std::move(loaded->config) : conf::Config();
}

}  // namespace signet::daemon
