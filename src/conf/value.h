// One option's text -> Value, by the kind and limits of its setting.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "signet/conf/settings.h"

namespace signet::conf {

// `remarks` collects what sendmail would only warn about (unknown letters).
[[nodiscard]] std::expected<Value, std::string> parse_value(const Setting& setting,
                                                            std::string_view text,
                                                            std::vector<std::string>& remarks);
// A number, or a name of a service; 0 is a number too.
[[nodiscard]] std::expected<std::uint16_t, std::string> parse_port(std::string_view text);
// "1h30m", "5d", "10" in `bare_unit` (s m h d w), "now".
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_seconds(std::string_view text,
                                                                      char bare_unit);

}  // namespace signet::conf
