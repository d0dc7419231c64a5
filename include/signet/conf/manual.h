// Texts made from the tables: the reference part of docs/configuration.md, the commented example
// cf/all-settings.mc, the table of docs/migrating.md, and cf/m4/options.m4, by which the m4 library
// knows the settings. Tests compare the files with these.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signet::conf {

[[nodiscard]] std::string reference();          // markdown
[[nodiscard]] std::string commented_example();  // mc
[[nodiscard]] std::string options_m4();
// The end of docs/migrating.md, behind its heading "## Every name"; markdown.
[[nodiscard]] std::string migration_table();
[[nodiscard]] std::vector<std::string_view> names_that_are_better();  // those it praises

}  // namespace signet::conf
