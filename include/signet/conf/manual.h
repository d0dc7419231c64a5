// Texts made from the tables: the reference part of docs/configuration.md, the commented example
// cf/all-settings.mc, and cf/m4/options.m4, by which the m4 library knows the settings. Tests
// compare the files with these.
#pragma once

#include <string>

namespace signet::conf {

[[nodiscard]] std::string reference();          // markdown
[[nodiscard]] std::string commented_example();  // mc
[[nodiscard]] std::string options_m4();

}  // namespace signet::conf
