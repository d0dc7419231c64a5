// Warnings of one kind about one place as one line: what a system or domain of the library brings
// along is not a page of warnings.
#pragma once

#include "signet/conf/origin.h"

namespace signet::conf {

// "option A has no effect yet" and "option B has no effect yet" of one line become "option A, B
// have no effect yet", where the first of them stood. What is said once is not changed.
[[nodiscard]] Warnings gathered(Warnings warnings);

// Without what is said of idle things that stand at `at`: FEATURE(`msp') brings some along.
[[nodiscard]] Warnings without_idle_at(Warnings warnings, const Origin& at);

}  // namespace signet::conf
