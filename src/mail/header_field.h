// One line of a header section as a field. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace signet::mail {

// What a line begins with decides: whoever keeps so much of it finds what all others find.
constexpr std::size_t kMostOfFieldName = 1000;

struct HeaderField {
  std::string_view name;
  std::string_view colon;  // with the blanks before it; a name that is cut off has none
  std::string_view rest;   // all behind it
};

// optional-field = field-name ":" unstructured CRLF; obs-optional has blanks before the colon.
// RFC 5322 §3.6.8, §4.5. The name is empty if this is no field; one that is too long is cut.
[[nodiscard]] HeaderField parse_header_field(std::string_view line);

}  // namespace signet::mail
