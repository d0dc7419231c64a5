// cf text -> lines with their origin: comments dropped, continued lines joined, "#line N "FILE""
// followed, so that a message names the mc that the cf was made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signet/conf/origin.h"

namespace signet::conf {

struct CfLine {
  std::string text;  // not empty
  Origin at;
};

[[nodiscard]] std::vector<CfLine> read_cf_lines(std::string_view text, std::string_view file);

// `#line N "FILE"`; false: another comment.
[[nodiscard]] bool parse_line_mark(std::string_view line, Origin& next);

}  // namespace signet::conf
