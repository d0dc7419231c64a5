// %0 to %9 in the value of a map's entry. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace signet::policy {

// "%%1" doubles what came before: no value gets longer than this and one parameter.
constexpr std::size_t kLongestFilled = 4096;

// `parameters[1]` stands for %1; what is not there for nothing; "%%" for a percent sign.
[[nodiscard]] std::string fill_parameters(std::string_view value,
                                          std::span<const std::string_view> parameters);

}  // namespace signet::policy
