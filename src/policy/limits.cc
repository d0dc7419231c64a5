#include "signet/policy/limits.h"

#include <algorithm>
#include <string>

#include "policy/value.h"
#include "signet/base/text.h"

namespace signet::policy {
namespace {

constexpr std::chrono::milliseconds kLongestPause = std::chrono::minutes(5);  // RFC 5321 §4.5.3.2.1

Verdict check_limit(const Access& access, std::string_view tag, const mail::PeerFacts& client,
                    unsigned count, bool terminate, std::string_view text) {
  auto hit = access.address(tag, client.remote.ip, Tagged::only);
  if (hit && !*hit) hit = access.exact(std::string(tag) + ":");
  if (!hit) return map_failed(hit.error());
  if (!*hit) return accepted("default");
  Verdict verdict = accepted(rule_of(tag, **hit));
  verdict.value = (*hit)->value;
  const auto limit = parse_number(trim(verdict.value));
  if (!limit || *limit <= 0 || count <= static_cast<std::uint64_t>(*limit)) return verdict;
  verdict.action = Action::reject;
  verdict.reply = {terminate ? 421 : 452, "4.3.2", std::string(text)};
  return verdict;
}

}  // namespace

std::chrono::milliseconds greet_pause(const Access& access, const mail::PeerFacts& client,
                                      std::chrono::milliseconds otherwise) {
  const auto hit = access.peer("GreetPause", client.name, client.remote.ip, Tagged::only);
  if (!hit || !*hit) return otherwise;
  const auto wanted = parse_number(trim((*hit)->value));
  if (!wanted) return otherwise;
  return std::min(std::chrono::milliseconds(*wanted), kLongestPause);
}

Verdict check_rate(const Access& access, const mail::PeerFacts& client, const ClientLoad& load,
                   bool terminate) {
  return check_limit(access, "ClientRate", client, load.recent, terminate,
                     "Connection rate limit exceeded.");
}

Verdict check_connections(const Access& access, const mail::PeerFacts& client,
                          const ClientLoad& load, bool terminate) {
  return check_limit(access, "ClientConn", client, load.open, terminate,
                     "Too many open connections.");
}

}  // namespace signet::policy
