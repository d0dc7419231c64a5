// The command table: every verb, where it is legal and what is said where it is not (RFC 5321
// §4.1). The dispatcher in server_commands.cc refuses by this table; handlers do not repeat its
// checks.
#pragma once

#include <string>
#include <string_view>

#include "signet/mail/reply.h"
#include "signet/smtp/server_session.h"

namespace signet::smtp {

enum class Verb {
  helo,
  ehlo,
  mail,
  rcpt,
  data,
  rset,
  noop,
  quit,
  help,
  vrfy,
  expn,
  etrn,
  verb,
  auth,
  starttls,
  unimplemented,  // known to RFC 821, never offered: TURN, SEND, SOML, SAML
};

// Repeating some commands is slowed down; these share a counter.
enum class Slowed { no, noop, helo, verify, etrn, auth };

using Refusal = mail::Reply (*)();

struct CommandRow {
  std::string_view name;
  Verb verb;
  Refusal when_idle = nullptr;                // said outside a transaction; null: legal there
  Refusal in_transaction = nullptr;           // said inside a transaction; null: legal there
  bool when_refused = false;                  // works although all mail is refused (nullserver)
  bool needs_auth = false;                    // where authentication is required
  bool ServerOptions::*needs_helo = nullptr;  // where HELO is required before it
  bool counts_as_issued = false;              // the session was not idle: no "did not issue" line
  Slowed slowed = Slowed::no;
  std::string_view syntax = {};  // for HELP; empty: not shown
};

[[nodiscard]] const CommandRow* find_command(std::string_view verb);  // null: unknown

// What HELP says: all commands, or one; with `lines` what stands there. 504 for an unknown topic.
[[nodiscard]] mail::Reply help(std::string_view topic, const std::vector<HelpLine>* lines);

struct CommandLine {
  std::string_view verb;
  std::string_view argument;  // without blanks around it
};
[[nodiscard]] CommandLine split_command(std::string_view line);
// A browser or a proxy searcher talks to us. Only meaningful for the first line of a session.
[[nodiscard]] bool is_http(std::string_view verb);

}  // namespace signet::smtp
