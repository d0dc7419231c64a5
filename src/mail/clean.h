// Foreign words on their way into a header field: names that a peer or its DNS made up must not
// bring line ends, comments or a second field with them (RFC 5322 §3.2.2, §2.2).
#pragma once

#include <string>
#include <string_view>

namespace signet::mail {

// A host name or address literal. Anything but letters, digits and ".-_:[]" becomes '?'; cut at
// 255.
[[nodiscard]] std::string clean_host(std::string_view text);
// A line of text: controls become '?', TAB a blank; bytes above 0x7e stay. Cut at `limit`.
[[nodiscard]] std::string clean_line(std::string_view text, std::size_t limit);
void append_clean_line(std::string& out, std::string_view text, std::size_t limit);

}  // namespace signet::mail
