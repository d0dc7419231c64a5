#include "signet/agent/mailer_arguments.h"

#include "signet/base/text.h"
#include "signet/conf/macros.h"

namespace signet::agent {
namespace {

std::string without_quotes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') continue;
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

// Flags f and r; empty: the program hears of no sender in front.
std::string_view sender_option(const MailerProgram& mailer) {
  if (mailer.has('f')) return "-f";
  return mailer.has('r') ? "-r" : std::string_view();
}

}  // namespace

MailerParts parts_for(const MailerProgram& mailer, std::string_view host, std::string_view user) {
  MailerParts parts{.user = std::string(user), .host = std::string(host)};
  if (!mailer.has('u')) parts.user = to_lower(parts.user);
  if (!mailer.has('h')) parts.host = to_lower(parts.host);
  if (mailer.has('s')) parts.user = without_quotes(parts.user);
  return parts;
}

std::optional<std::vector<std::string>> mailer_arguments(const MailerProgram& mailer,
                                                         const MailerParts& parts) {
  const std::string sender = parts.sender.empty() ? "<>" : conf::literal(parts.sender);
  const auto value = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "u") return conf::literal(parts.user);
    if (name == "h") return conf::literal(parts.host);
    if (name == "f" || name == "g") return sender;
    if (name == "w") return parts.own_nick;
    if (name == "j") return parts.own_host;
    return std::nullopt;
  };
  std::vector<std::string> arguments;
  bool options_end = false;
  for (const auto word : words(mailer.arguments)) {
    auto argument = conf::expand(word, value);
    const bool is_option = !options_end && argument.starts_with('-');
    if (is_option && !word.starts_with('-')) return std::nullopt;
    options_end = options_end || word == "--";
    arguments.push_back(std::move(argument));
    if (const auto option = sender_option(mailer); arguments.size() == 1 && !option.empty()) {
      arguments.emplace_back(option);
      arguments.push_back(conf::expand("$g", value));
    }
  }
  return arguments;
}

}  // namespace signet::agent
