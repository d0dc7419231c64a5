// One flag of an LDAP map.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signet/conf/ldap_spec.h"

namespace signet::conf {

// Takes a word: up to a blank, or to the next one that does not stand in double quotes.
[[nodiscard]] std::string_view take_ldap_word(std::string_view& text);
// Without the quotes around it, or around what stands behind its flag.
[[nodiscard]] std::string unquoted(std::string_view word);

// Is there a value behind it, in the same word or in the next one?
[[nodiscard]] bool ldap_flag_has_value(char letter);
// Empty: it is no flag of LDAP maps alone. Otherwise what is wrong; an empty text: nothing.
[[nodiscard]] std::optional<std::string> apply_ldap_flag(LdapSpec& spec, char letter,
                                                         const std::string& value);
// What is wrong with the whole, its defaults filled in. Empty: nothing.
[[nodiscard]] std::string why_no_ldap_map(const LdapSpec& spec);

}  // namespace signet::conf
