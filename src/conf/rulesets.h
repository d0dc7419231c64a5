// What sites write rewriting rules for, and what does it here: docs/rulesets.md says more.
#pragma once

#include <string>
#include <string_view>

namespace signet::conf {

// The sentence that refuses a ruleset. `name` is as behind S, or the section of the mc whose rules
// have none; `header` the field that it checks, or empty.
[[nodiscard]] std::string why_no_rules(std::string_view name, std::string_view header);

}  // namespace signet::conf
