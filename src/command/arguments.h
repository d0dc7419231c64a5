// Command lines in sendmail's style: "-C file" and "-Cfile", flags in one letter, an optional value
// that must be joined ("-q30m"). Reads one argument after the other.
#pragma once

#include <expected>
#include <functional>
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

// Options as getopt(3) reads them: letters may stand together, a value joined or next, "--" ends
// them. `take` gets each letter with its value, if it is one of `with_value`; false: no such
// option. The operands, or what is wrong.
[[nodiscard]] std::expected<std::span<const std::string_view>, std::string> read_letters(
    std::span<const std::string_view> args, std::string_view with_value,
    const std::function<bool(char letter, std::string_view value)>& take);

}  // namespace signet::command
