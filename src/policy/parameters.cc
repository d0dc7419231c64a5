#include "policy/parameters.h"

namespace signet::policy {

std::string fill_parameters(std::string_view value, std::span<const std::string_view> parameters) {
  std::string text;
  for (std::size_t i = 0; i < value.size() && text.size() <= kLongestFilled; ++i) {
    if (value[i] != '%' || i + 1 == value.size()) {
      text += value[i];
    } else if (const char next = value[++i]; next >= '0' && next <= '9') {
      const auto number = static_cast<std::size_t>(next - '0');
      if (number < parameters.size()) text += parameters[number];
    } else {
      if (next != '%') text += '%';
      text += next;
    }
  }
  return text;
}

}  // namespace signet::policy
