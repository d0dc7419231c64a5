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

}  // namespace signet::command
