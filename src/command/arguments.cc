#include "command/arguments.h"

namespace signet::command {

std::optional<std::string_view> Arguments::next_option() {
  if (args_.empty() || args_.front().size() < 2 || args_.front().front() != '-')
    return std::nullopt;
  const std::string_view option = args_.front().substr(1);
  args_ = args_.subspan(1);
  if (option == "-") return std::nullopt;
  return option;
}

std::optional<std::string> Arguments::value(std::string_view option) {
  if (option.size() > 1) return std::string(option.substr(1));
  if (args_.empty()) return std::nullopt;
  std::string found(args_.front());
  args_ = args_.subspan(1);
  return found;
}

std::expected<std::span<const std::string_view>, std::string> read_letters(
    std::span<const std::string_view> args, std::string_view with_value,
    const std::function<bool(char letter, std::string_view value)>& take) {
  const auto wrong = [](std::string_view what, char letter) {
    return std::unexpected(std::string(what) + " -- '" + letter + "'");
  };
  Arguments rest(args);
  while (auto option = rest.next_option()) {
    for (auto letters = *option; !letters.empty(); letters.remove_prefix(1)) {
      const char letter = letters.front();
      if (!with_value.contains(letter)) {
        if (!take(letter, {})) return wrong("invalid option", letter);
        continue;
      }
      const auto value = rest.value(letters);
      if (!value) return wrong("option requires an argument", letter);
      if (!take(letter, *value)) return wrong("invalid option", letter);
      break;
    }
  }
  return rest.operands();
}

}  // namespace signet::command
