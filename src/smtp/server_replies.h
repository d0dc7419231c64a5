// Every reply text the server side says on its own, in sendmail's words; replies that policy or the
// queue decides come from there. `host` is our own name, `peer` is PeerFacts::relay().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "signet/mail/reply.h"

namespace signet::smtp::replies {

using mail::Reply;

inline std::string joined(std::string_view a, std::string_view b, std::string_view c = {}) {
  return std::string(a).append(b).append(c);
}

// ---- session ----
inline Reply greeting(std::string_view text) { return {220, "", std::string(text)}; }
inline Reply not_accepting(std::string_view host) {  // somebody who talks before being greeted
  return {554, "", joined(host, " ESMTP not accepting messages")};
}
inline Reply command_rejected() { return {550, "5.0.0", "Command rejected"}; }
inline Reply protocol_error() { return {554, "5.5.0", "SMTP protocol error"}; }
inline Reply hello(std::string_view host, std::string_view peer) {
  return {250, "", joined(host, " Hello ", peer) + ", pleased to meet you"};
}
inline Reply hello_nobody(std::string_view host, std::string_view peer) {  // a name that is none
  return {250, "", joined(host, " Hello ", peer) + ", accepting invalid domain name"};
}
inline Reply closing(std::string_view host) {
  return {221, "2.0.0", joined(host, " closing connection")};
}
inline Reply ok() { return {250, "2.0.0", "OK"}; }
inline Reply reset_state() { return {250, "2.0.0", "Reset state"}; }
inline Reply shutting_down(std::string_view host) {
  return {421, "4.3.2", joined(host, " is shutting down")};
}
inline Reply timed_out(std::string_view host, std::string_view peer) {
  return {421, "4.4.2", joined(host, " timeout waiting for input from ", peer)};
}

// ---- commands that are no commands ----
inline Reply unrecognized(std::string_view line) {
  return {500, "5.5.1", joined("Command unrecognized: \"", line, "\"")};
}
inline Reply not_implemented(std::string_view line) {
  return {502, "5.5.1", joined("Command not implemented: \"", line, "\"")};
}
inline Reply control_characters() {
  return {501, "5.5.2", "Syntax error (no control characters allowed)"};
}
inline Reply too_many_bad(std::string_view host) {
  return {421, "4.7.0", joined(host, " Too many bad commands; closing connection")};
}
inline Reply too_many_bad_recipients(std::string_view host) {
  return {421, "4.7.0", joined(host, " Too many bad recipients; closing connection")};
}
inline Reply hostile() { return {421, "4.7.0", "bad command"}; }
inline Reply command_too_long(std::string_view host, std::string_view peer) {
  return {421, "4.7.0", joined(host, " Command too long, possible attack ", peer)};
}
inline Reply open_proxy(std::string_view host, std::string_view peer) {
  return {421, "4.7.0", joined(host, " Rejecting open proxy ", peer)};
}
inline Reply not_allowed() {
  return {502, "5.7.0", "Sorry, we do not allow this operation"};  // EXPN, ETRN
}
inline Reply no_verbose() { return {502, "5.7.0", "Verbose unavailable"}; }
inline Reply parameter_required() { return {500, "5.5.2", "Parameter required"}; }
inline Reply argument_required() { return {501, "5.5.2", "Argument required"}; }
inline Reply cannot_verify() {
  return {252, "2.5.2", "Cannot VRFY user; try RCPT to attempt delivery (or try finger)"};
}
inline Reply unknown_help_topic(std::string_view topic) {
  return {504, "5.3.0", joined("HELP topic \"", topic, "\" unknown")};
}

// ---- HELO, EHLO ----
inline Reply domain_required(std::string_view verb) {
  return {501, "5.0.0", joined(verb, " requires domain address")};
}
inline Reply invalid_domain() { return {501, "5.0.0", "Invalid domain name"}; }
inline Reply helo_first() { return {503, "5.0.0", "Polite people say HELO first"}; }
inline Reply introduce_yourself() {  // VRFY, EXPN
  return {503, "5.0.0", "I demand that you introduce yourself first"};
}

// ---- MAIL, RCPT ----
inline Reply scanning(std::string_view word) {
  return {501, "5.5.2", joined("Syntax error in parameters scanning \"", word, "\"")};
}
inline Reply unbalanced(std::string_view given, char bracket) {
  return {553, "5.0.0",
          mail::with_address(553, given, joined("Unbalanced '", std::string(1, bracket), "'"))};
}
inline Reply invalid_route(std::string_view given) {
  return {553, "5.1.3", mail::with_address(553, given, "Invalid route address")};
}
inline Reply invalid_address(std::string_view given) {
  return {553, "5.1.3", mail::with_address(553, given, "Invalid address")};
}
inline Reply address_too_long() { return {553, "5.1.1", "Address too long"}; }
inline Reply not_ascii() { return {553, "5.6.7", "Address is not ASCII, SMTPUTF8 not supported"}; }
inline Reply user_required(std::string_view given) {
  return {553, "5.0.0", mail::with_address(553, given, "User address required")};
}
inline Reply parameter_unrecognized(std::string_view keyword) {
  return {555, "5.5.4", joined(keyword, " parameter unrecognized")};
}
inline Reply value_required(std::string_view keyword) {
  return {501, "5.5.2", joined(keyword, " requires a value")};
}
inline Reply duplicate_parameter(std::string_view keyword) {
  return {501, "5.5.0", joined("Duplicate ", keyword, " parameter")};
}
inline Reply bad_parameter_value(std::string_view keyword) {
  return {501, "5.5.4", joined("Syntax error in ", keyword, " parameter value")};
}
inline Reply unknown_body(std::string_view value) {
  return {501, "5.5.4", joined("Unknown BODY type ", value)};
}
inline Reply bad_return_part(std::string_view value) {
  return {501, "5.5.2", joined("Bad argument \"", value, "\" to RET")};
}
inline Reply bad_notify(std::string_view word) {  // two blanks, as sendmail has them
  return {501, "5.5.4", joined("Bad argument \"", word, "\"  to NOTIFY")};
}
inline Reply by_without_mode() { return {501, "5.5.2", "BY= missing ';'"}; }
inline Reply by_out_of_range(std::string_view value) {
  return {501, "5.5.2", joined("BY=", value, " out of range")};
}
inline Reply by_mode_unknown(std::string_view mode) {
  return {501, "5.5.2", joined("illegal by-mode '", mode, "'")};
}
inline Reply by_needs_time() { return {501, "5.5.4", "mode R requires BY time > 0"}; }
inline Reply by_too_short(std::int64_t wanted, std::int64_t least) {
  return {555, "5.5.2",
          joined("time ", std::to_string(wanted), " less than ") + std::to_string(least)};
}
inline Reply no_dsn(std::string_view keyword) {
  return {504, "5.7.0", joined("Sorry, ", keyword, " not supported, we do not allow DSN")};
}
inline Reply declared_too_large(std::uint64_t limit_bytes) {
  return {552, "5.2.3",
          joined("Message size exceeds fixed maximum message size (", std::to_string(limit_bytes),
                 ")")};
}
inline Reply authentication_required() { return {530, "5.7.0", "Authentication required"}; }
inline Reply sender_twice() { return {503, "5.5.0", "Sender already specified"}; }
inline Reply sender_ok(std::string_view given) {
  return {250, "2.1.0", mail::with_address(250, given, "Sender ok")};
}
inline Reply mail_before_rcpt() { return {503, "5.0.0", "Need MAIL before RCPT"}; }
inline Reply recipient_ok(std::string_view given) {
  return {250, "2.1.5", mail::with_address(250, given, "Recipient ok")};
}
inline Reply too_many_recipients() { return {452, "4.5.3", "Too many recipients"}; }

// ---- DATA ----
inline Reply need_mail() { return {503, "5.0.0", "Need MAIL command"}; }
inline Reply need_rcpt() { return {503, "5.0.0", "Need RCPT (recipient)"}; }
inline Reply go_ahead() { return {354, "", "End data with <CR><LF>.<CR><LF>"}; }
inline Reply accepted(std::string_view id) {
  return {250, "2.0.0", joined(id, " Message accepted for delivery")};
}
inline Reply bare_lf() { return {421, "4.5.0", "Bare linefeed (LF) not allowed"}; }
inline Reply bare_cr() { return {421, "4.5.0", "Bare carriage return (CR) not allowed"}; }
inline Reply nul() { return {554, "5.6.1", "NUL byte not allowed"}; }
inline Reply grew_too_large(std::uint64_t limit_bytes) {
  return {552, "5.2.3",
          joined("Message exceeds maximum fixed size (", std::to_string(limit_bytes), ")")};
}

// ---- STARTTLS ----
inline Reply ready_for_tls() { return {220, "2.0.0", "Ready to start TLS"}; }
inline Reply no_parameters() { return {501, "5.5.2", "Syntax error (no parameters allowed)"}; }
inline Reply no_tls() { return {503, "5.5.0", "TLS not available"}; }
inline Reply no_tls_in_transaction() {
  return {503, "5.5.0", "TLS not permitted during a mail transaction"};
}

// ---- AUTH ----
inline Reply no_auth() { return {503, "5.3.3", "AUTH not available"}; }
inline Reply authenticated_twice() { return {503, "5.5.0", "Already Authenticated"}; }
inline Reply no_auth_in_transaction() {
  return {503, "5.5.0", "AUTH not permitted during a mail transaction"};
}
inline Reply mechanism_required() { return {501, "5.5.2", "AUTH mechanism must be specified"}; }
inline Reply mechanism_unknown(std::string_view name) {
  return {504, "5.3.3", joined("AUTH mechanism ", name, " not available")};
}
inline Reply cannot_decode(std::string_view word) {
  return {501, "5.5.4", joined("cannot decode AUTH parameter ", word)};
}
inline Reply auth_line_too_long() {  // RFC 4954 §4
  return {500, "5.5.6", "Authentication exchange line is too long"};
}
inline Reply challenge(std::string base64) { return {334, "", std::move(base64)}; }
inline Reply auth_aborted() { return {501, "5.0.0", "AUTH aborted"}; }
inline Reply authenticated() { return {235, "2.0.0", "OK Authenticated"}; }

}  // namespace signet::smtp::replies
