// What the text of an mc says before m4 has read it: about comments, and about what is not closed.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "signet/conf/origin.h"

namespace signet::conf {

// Does the file include sendmail's cf.m4? From there on, or from the start where it does not, m4
// knows no comments: what stands behind # is done.
[[nodiscard]] bool names_library(std::string_view source);

// A warning for each of the lines `active`, where a macro did something, that looks like a comment.
void warn_about_active_lines(std::string_view source, const std::set<int>& active,
                             const std::string& mc, Warnings& warnings);

// The line of the first define that never comes to an end: its name stands in its own value.
[[nodiscard]] std::optional<int> first_endless(std::string_view source);

// The line where the first quote or bracket stands that is never closed.
[[nodiscard]] std::optional<int> first_unclosed(std::string_view source);

}  // namespace signet::conf
