// Lines about what policy decided (ruleset= lines), and our own "explain:".
#include <fmt/format.h>

#include "maillog/field.h"

namespace signet::maillog {
namespace {

int level_of_ruleset(std::string_view ruleset) {
  if (ruleset == "tls_client" || ruleset == "tls_server") return 5;
  if (ruleset == "try_tls") return 7;
  if (ruleset == "trust_auth") return 9;
  return 3;
}

Line ruleset_line(const Ruleset& ruleset, std::string_view outcome) {
  std::string text = prefix(ruleset.queue_id);
  text += "ruleset=";
  append_field(text, ruleset.name, kMaxAddress);
  text += ", arg1=";
  append_field(text, ruleset.argument, kMaxSentence);
  if (!ruleset.second_argument.empty()) {
    text += ", arg2=";
    append_field(text, ruleset.second_argument, kMaxSentence);
  }
  text += ", relay=";
  append_field(text, ruleset.relay, kMaxRelay);
  text += ", ";
  text += outcome;
  return {level_of_ruleset(ruleset.name), Priority::notice, std::move(text)};
}

}  // namespace

Line ruleset_reject(const Ruleset& ruleset, const mail::Reply& reply) {
  return ruleset_line(ruleset, "reject=" + field(reply.line(), kMaxSentence));
}

Line ruleset_discard(const Ruleset& ruleset) { return ruleset_line(ruleset, "discard"); }

Line ruleset_quarantine(const Ruleset& ruleset, std::string_view reason) {
  return ruleset_line(ruleset, "quarantine=" + field(reason, kMaxSentence));
}

Line explain(const Explanation& explanation) {
  std::string text =
      fmt::format("{}explain: verdict={} rule={}", prefix(explanation.queue_id),
                  field(explanation.verdict, kMaxAddress), field(explanation.rule, kMaxAddress));
  if (explanation.line != 0) text += fmt::format(" line={}", explanation.line);
  if (!explanation.remedy.empty()) {
    text += fmt::format(" remedy=\"{}\"", field(explanation.remedy, kMaxSentence));
  }
  return {8, Priority::info, std::move(text)};
}

}  // namespace signet::maillog
