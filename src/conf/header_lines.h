// H lines: the form of a field that is put in front of a message. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signet/conf/macros.h"

namespace signet::conf {

struct HeaderLine {
  std::string field;  // lower case
  std::string form;   // macros unexpanded; a fold is a line end with a tab
};

// Text behind the H. Empty: of a field that has no form here.
[[nodiscard]] std::optional<HeaderLine> parse_header_line(std::string_view text);
// As sendmail-cf writes it unasked: what is done anyway.
[[nodiscard]] bool is_usual(const HeaderLine& line);
// A macro of the form that nobody fills in; `own`: those of the configuration. Empty: none.
[[nodiscard]] std::optional<std::string> unknown_macro(std::string_view form,
                                                       const MacroLookup& own);

}  // namespace signet::conf
