// One line of a header section as a field. Pure.
#pragma once

#include <string_view>

namespace signet::mail {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// optional-field = field-name ":" unstructured CRLF; obs-optional has blanks before the colon.
// RFC 5322 §3.6.8, §4.5. The name is empty if this is no field.
[[nodiscard]] HeaderField parse_header_field(std::string_view line);

}  // namespace signet::mail
