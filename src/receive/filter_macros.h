// What sendmail's macros are for mail filters in a session of ours. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signet/mail/facts.h"
#include "signet/policy/route.h"
#include "signet/receive/options.h"

namespace signet::receive {

// Where an address leads: ${mail_mailer} ${mail_host} ${mail_addr}, ${rcpt_mailer} and so on.
struct MailerTriple {
  std::string mailer, host, address;
};
[[nodiscard]] MailerTriple triple_of(const policy::Route& route);
// A recipient that was refused.
[[nodiscard]] MailerTriple triple_of(const mail::Reply& refusal);

// Of the session, and of the transaction going on; empty: not defined now.
struct MacroFacts {
  const Options& options;
  const Port& port;
  const mail::PeerFacts& peer;
  const mail::TlsFacts& tls;
  const mail::AuthFacts& auth;
  WallTime now{};
  std::string queue_id{};
  std::string helo{};
  std::string protocol{};
  std::optional<std::string> sender{};
  std::optional<MailerTriple> mail{};
  std::optional<MailerTriple> rcpt{};
  std::optional<std::size_t> recipients{};
  std::optional<std::size_t> bad_recipients{};
  std::optional<std::uint64_t> size{};
  std::string message_id{};
};
// `name` without braces.
[[nodiscard]] std::optional<std::string> macro_value(std::string_view name,
                                                     const MacroFacts& facts);

}  // namespace signet::receive
