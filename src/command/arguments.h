// Command lines in sendmail's style: "-C file" and "-Cfile", flags in one letter, an optional value
// that must be joined ("-q30m"). Reads one argument after the other.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace signet::command {

class Arguments final {
 public:
  explicit Arguments(std::span<const std::string_view> args) : args_(args.subspan(1)) {}

  // Next option ("-C..."), without its dash; empty: the rest are operands. "--" ends the options.
  std::optional<std::string_view> next_option();
  // Value of the option just given: what is joined to its first letter, or the next argument.
  std::optional<std::string> value(std::string_view option);
  [[nodiscard]] std::span<const std::string_view> operands() const { return args_; }

 private:
  std::span<const std::string_view> args_;
};

}  // namespace signet::command
