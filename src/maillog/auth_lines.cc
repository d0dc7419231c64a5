// Lines about AUTH.
#include <fmt/format.h>

#include "maillog/field.h"
#include "signet/base/text.h"

namespace signet::maillog {
namespace {

constexpr std::size_t kMaxIdentity = 128;
constexpr std::size_t kMaxMechanism = 16;

// The words of Cyrus SASL's result codes (sasl.h), as its sasl_errstring says them.
std::string_view code_text(int code) {
  switch (code) {
    case -1:
      return "generic failure";
    case -2:
      return "no memory available";
    case -4:
      return "no mechanism available";
    case -5:
      return "bad protocol / cancel";
    case -7:
      return "invalid parameter supplied";
    case -8:
      return "transient failure (e.g., weak key)";
    case -9:
      return "integrity check failed";
    case -10:
      return "server failed mutual authentication step";
    case -12:
      return "SASL library is not initialized";
    case -13:
      return "authentication failure";
    case -14:
      return "authorization failure";
    case -15:
      return "mechanism too weak for this user";
    case -16:
      return "encryption needed to use mechanism";
    case -18:
      return "passphrase expired, has to be reset";
    case -19:
      return "account disabled";
    case -20:
      return "user not found";
    case -21:
      return "passphrase locked";
    case -24:
      return "remote authentication server unavailable";
    case -26:
      return "user exists, but no verifier for user";
    case -32:
      return "channel binding failure";
    default:
      return "undefined error!";
  }
}

}  // namespace

Line auth_server(std::string_view relay, const mail::AuthFacts& auth) {
  const std::string identity = xtext_encode(auth.identity, ")<>\"=");
  return {8, Priority::info,
          fmt::format("AUTH=server, relay={}, authid={}, mech={}, bits={}",
                      field(relay, kMaxShortRelay), field(identity, kMaxIdentity),
                      field(auth.mechanism, kMaxMechanism), auth.bits)};
}

Line auth_failure(std::string_view queue_id, std::string_view mechanism, int code,
                  std::string_view detail, std::string_view user, std::string_view relay) {
  std::string text = prefix(queue_id);
  text += fmt::format("AUTH failure ({}): {} ({})", field(mechanism, kMaxMechanism),
                      code_text(code), code);
  if (!detail.empty()) {
    text += ' ';
    append_field(text, detail, kMaxSentence);
  }
  if (!user.empty()) {
    text += ", user=";
    append_field(text, user, kMaxIdentity);
  }
  text += ", relay=";
  append_field(text, relay, kMaxShortRelay);
  return {8, Priority::warning, std::move(text)};
}

Line auth_client(std::string_view relay, std::string_view mechanism, int bits) {
  return {9, Priority::info,
          fmt::format("AUTH=client, relay={}, mech={}, bits={}", field(relay, kMaxShortRelay),
                      field(mechanism, kMaxMechanism), bits)};
}

Line auth_client_failed(std::string_view relay, std::string_view why) {
  return {8, Priority::warning,
          fmt::format("AUTH=client, relay={}, {}", field(relay, kMaxShortRelay),
                      field(why, kMaxSentence))};
}

Line auth_client_no_mechanism(std::string_view queue_id, std::string_view offered) {
  return {8, Priority::notice,
          prefix(queue_id) +
              fmt::format("AUTH=client, available mechanisms={} do not fulfill requirements",
                          field(offered, kMaxSentence))};
}

}  // namespace signet::maillog
