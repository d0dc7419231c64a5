#include "smtp/command.h"

#include <algorithm>
#include <array>

#include "signet/base/text.h"
#include "smtp/server_replies.h"

namespace signet::smtp {
namespace {

constexpr auto kCommands = std::to_array<CommandRow>({
    {.name = "HELO",
     .verb = Verb::helo,
     .when_refused = true,
     .slowed = Slowed::helo,
     .syntax = "HELO <hostname>"},
    {.name = "EHLO",
     .verb = Verb::ehlo,
     .when_refused = true,
     .slowed = Slowed::helo,
     .syntax = "EHLO <hostname>"},
    {.name = "MAIL",
     .verb = Verb::mail,
     .in_transaction = replies::sender_twice,
     .needs_auth = true,
     .needs_helo = &ServerOptions::need_helo,
     .counts_as_issued = true,
     .syntax = "MAIL From:<sender> [ <parameters> ]"},
    {.name = "RCPT",
     .verb = Verb::rcpt,
     .when_idle = replies::mail_before_rcpt,
     .syntax = "RCPT To:<recipient>"},
    {.name = "DATA", .verb = Verb::data, .when_idle = replies::need_mail, .syntax = "DATA"},
    {.name = "RSET", .verb = Verb::rset, .when_refused = true, .syntax = "RSET"},
    {.name = "NOOP",
     .verb = Verb::noop,
     .when_refused = true,
     .slowed = Slowed::noop,
     .syntax = "NOOP"},
    {.name = "QUIT", .verb = Verb::quit, .when_refused = true, .syntax = "QUIT"},
    {.name = "HELP", .verb = Verb::help, .syntax = "HELP [ <topic> ]"},
    {.name = "VRFY",
     .verb = Verb::vrfy,
     .needs_helo = &ServerOptions::need_helo_to_verify,
     .counts_as_issued = true,
     .slowed = Slowed::verify,
     .syntax = "VRFY <recipient>"},
    {.name = "EXPN",
     .verb = Verb::expn,
     .needs_helo = &ServerOptions::need_helo_to_expand,
     .counts_as_issued = true,
     .slowed = Slowed::verify,
     .syntax = "EXPN <recipient>"},
    {.name = "ETRN", .verb = Verb::etrn, .counts_as_issued = true, .slowed = Slowed::etrn},
    {.name = "VERB", .verb = Verb::verb, .slowed = Slowed::noop},
    {.name = "AUTH",
     .verb = Verb::auth,
     .in_transaction = replies::no_auth_in_transaction,
     .slowed = Slowed::auth,
     .syntax = "AUTH mechanism [ <initial-response> ]"},
    {.name = "STARTTLS",
     .verb = Verb::starttls,
     .in_transaction = replies::no_tls_in_transaction,
     .syntax = "STARTTLS"},
    {.name = "TURN", .verb = Verb::unimplemented},
    {.name = "SEND", .verb = Verb::unimplemented},
    {.name = "SOML", .verb = Verb::unimplemented},
    {.name = "SAML", .verb = Verb::unimplemented},
});

}  // namespace

const CommandRow* find_command(std::string_view verb) {
  const auto row =
      std::ranges::find_if(kCommands, [&](const auto& known) { return iequals(known.name, verb); });
  return row == kCommands.end() ? nullptr : &*row;
}

mail::Reply help(std::string_view topic, const std::vector<HelpLine>* lines) {
  mail::Reply reply{214, "2.0.0", {}};
  if (lines != nullptr) {
    // The beginning of a topic is enough.
    for (const auto& line : *lines) {
      if (istarts_with(line.topic, topic.empty() ? "smtp" : topic)) reply.text += line.text + "\n";
    }
    if (reply.text.empty()) return replies::unknown_help_topic(printable(topic));
    reply.text += "End of HELP info";
    return reply;
  }
  if (topic.empty()) {
    reply.text = "This is Signet\nTopics:\n";
    for (const auto& row : kCommands) {
      if (!row.syntax.empty()) reply.text.append("    ").append(row.name).append("\n");
    }
    reply.text += "For more info use \"HELP <topic>\".\n";
  } else {
    const auto* row = find_command(topic);
    if (row == nullptr || row->syntax.empty()) return replies::unknown_help_topic(printable(topic));
    reply.text.append(row->syntax).append("\n");
  }
  reply.text += "End of HELP info";
  return reply;
}

CommandLine split_command(std::string_view line) {
  const auto text = trim(line);
  const auto verb = text.substr(0, text.find_first_of(" \t"));
  return {verb, trim(text.substr(verb.size()))};
}

bool is_http(std::string_view verb) {
  constexpr std::string_view kVerbs[] = {"GET", "POST", "CONNECT", "USER"};
  return std::ranges::any_of(kVerbs, [&](auto known) { return iequals(known, verb); });
}

}  // namespace signet::smtp
