// check_compat: may this sender write to this recipient? FEATURE(compat_check).
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/policy/server.h"

namespace signet::policy {
namespace {

// "TEMP:later" -> "later"; nothing: another word.
std::optional<std::string_view> behind_word(std::string_view value, std::string_view word) {
  if (!istarts_with(value, word)) return std::nullopt;
  return trim(value.substr(word.size()));
}

}  // namespace

Verdict check_compat(const Access& access, const SiteOptions& site, std::string_view sender,
                     std::string_view recipient) {
  if (!site.compat_check || sender.empty()) return accepted("default");
  const auto hit = access.exact("compat:" + std::string(sender) + "<@>" + std::string(recipient));
  if (!hit) return map_failed(hit.error());
  if (!*hit) return accepted("default");
  const auto value = trim((*hit)->value);
  Verdict verdict = accepted(rule_of("Compat", **hit));
  verdict.value = value;
  if (behind_word(value, "DISCARD")) {
    verdict.action = Action::discard;
  } else if (says(**hit, "REJECT")) {
    verdict.action = Action::reject;
    verdict.reply = access_denied(site);
  } else if (const auto later = behind_word(value, "TEMP:")) {
    verdict.action = Action::reject;
    verdict.reply = {451, "4.7.0",
                     std::string(*later) + " error from check_compat. Try again later"};
  } else if (const auto never = behind_word(value, "ERROR:")) {
    verdict.action = Action::reject;
    verdict.reply = parse_refusal(*never, {554, "5.7.0", {}});
    verdict.reply.text += " error from check_compat";
  }
  return verdict;
}

}  // namespace signet::policy
