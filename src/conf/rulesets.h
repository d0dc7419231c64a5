// What sites write rewriting rules for, and what does it here: docs/rulesets.md says more.
#pragma once

#include <string>
#include <string_view>

namespace signet::conf {

// The sentence that refuses a ruleset. `name` is as behind S, or the section of the mc whose rules
// have none.
[[nodiscard]] std::string why_no_rules(std::string_view name);

}  // namespace signet::conf
