// The words that a FEATURE may be given besides a map: a slip there is an error, not silence.
#pragma once

#include <optional>
#include <string>

#include "signet/conf/config.h"

namespace signet::conf {

// Empty: nothing wrong.
[[nodiscard]] std::optional<std::string> check_arguments(const Feature& feature);
// What is said of an argument that is accepted and does nothing. Empty: there is none.
[[nodiscard]] std::optional<std::string> idle_argument(const Feature& feature);

}  // namespace signet::conf
