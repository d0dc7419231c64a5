// FEATURE(smrsh). Commands may be joined by && and ||, and may begin with exec; exit is one. Of
// each only the last part of its path counts, looked for in one folder. What else a shell would
// take for more than words is refused, wherever it stands.
#include <algorithm>

#include "signet/base/text.h"
#include "signet/mailbox/program.h"

namespace signet::mailbox {
namespace {

constexpr std::string_view kForbidden = "<>|&;()`$\r\n";

// Up to the next "&&" or "||", which goes into `joint`.
std::string_view take_command(std::string_view& rest, std::string_view& joint) {
  const auto at = std::min(std::min(rest.find("&&"), rest.find("||")), rest.size());
  const auto command = rest.substr(0, at);
  joint = rest.substr(at, 2);
  rest.remove_prefix(std::min(at + 2, rest.size()));
  return trim(command);
}

std::string_view take_shell_word(std::string_view& text) {
  const auto end = std::min(text.find_first_of(" \t"), text.size());
  const auto word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

// Quotes and the like would let the shell see another name than we do.
bool is_program_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-' || c == '+';
         });
}

std::expected<std::string, std::string> restrict_one(std::string_view command,
                                                     std::string_view folder) {
  auto word = take_shell_word(command);
  if (word == "exit") {
    if (!parse_number(command)) return std::unexpected("exit takes a number");
    return "exit " + std::string(command);
  }
  std::string made;
  if (word == "exec") {
    made = "exec ";
    word = take_shell_word(command);
  }
  const auto name = word.substr(word.rfind('/') + 1);
  if (!is_program_name(name)) {
    return std::unexpected("\"" + printable(word) + "\" is no name of a program");
  }
  made += std::string(folder) + "/" + std::string(name);
  return command.empty() ? made : made + " " + std::string(command);
}

}  // namespace

std::expected<std::string, std::string> restricted_command(std::string_view command,
                                                           std::string_view folder) {
  std::string made;
  std::string_view rest = trim(command);
  if (rest.empty()) return std::unexpected("no command");
  while (true) {
    std::string_view joint;
    const auto one = take_command(rest, joint);
    if (const auto bad = one.find_first_of(kForbidden); bad != std::string_view::npos) {
      return std::unexpected("cannot use " + printable(one.substr(bad, 1)) + " in command");
    }
    auto restricted = restrict_one(one, folder);
    if (!restricted) return restricted;
    made += *restricted;
    if (joint.empty()) return made;
    made += " " + std::string(joint) + " ";
  }
}

std::vector<std::string> programs_of(std::string_view restricted, std::string_view folder) {
  std::vector<std::string> programs;
  const std::string start = std::string(folder) + "/";
  while (!restricted.empty()) {
    std::string_view joint;
    auto one = take_command(restricted, joint);
    auto word = take_shell_word(one);
    if (word == "exec") word = take_shell_word(one);
    if (word.starts_with(start)) programs.emplace_back(word);
  }
  return programs;
}

}  // namespace signet::mailbox
