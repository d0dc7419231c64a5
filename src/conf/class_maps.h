// "F{VirtHost}@LDAP", "Fw-o key@hash:/etc/mail/classes": a class whose members a map holds.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "signet/conf/config.h"

namespace signet::conf {

[[nodiscard]] bool names_class_map(std::string_view text);
// `text`: behind the name of the class and -o.
[[nodiscard]] std::expected<ClassMap, std::string> parse_class_map(
    std::string_view class_name, std::string_view text, std::vector<std::string>* remarks);

}  // namespace signet::conf
