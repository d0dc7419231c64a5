// Text of header fields in other character sets: "=?utf-8?B?w6k=?=" as RFC 2047 writes it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace signet::mail {

// With encoded words decoded; Latin-1 becomes UTF-8, other character sets stay the bytes they are.
// What is no encoded word stays as it is. At most twice as long.
[[nodiscard]] std::string decode_words(std::string_view text);

}  // namespace signet::mail
