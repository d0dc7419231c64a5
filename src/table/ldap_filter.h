// The filter of an LDAP map with the key in it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace signet::table {

// %0 and %s are the key, which is data and never a part of the filter's syntax.
[[nodiscard]] std::string fill_ldap_filter(std::string_view filter, std::string_view key);

}  // namespace signet::table
