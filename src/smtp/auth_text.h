// The base64 words of an AUTH exchange (RFC 4954 §4): what is text on the wire and octets for the
// mechanism. Used by both sides.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "signet/base/text.h"

namespace signet::smtp {

constexpr std::size_t kMaxAuthLine = 12288;  // RFC 4954 §4, CRLF included

// "=" stands for an initial response of no octets; no word at all is no initial response.
[[nodiscard]] inline std::string encode_initial(std::string_view raw) {
  return raw.empty() ? "=" : base64_encode(raw);
}
[[nodiscard]] inline std::optional<std::string> decode_initial(std::string_view word) {
  if (word == "=") return std::string();
  return base64_decode(word);
}

}  // namespace signet::smtp
