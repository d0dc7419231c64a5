#include "signet/policy/pattern_rules.h"

#include <utility>

#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/encoded_words.h"

namespace signet::policy {
namespace {

// "check_message_id": as a site that wrote its own ruleset might have called it.
std::string ruleset_of(std::string_view header) {
  std::string name = "check_" + to_lower(header);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

std::uint64_t bit(std::size_t number) { return std::uint64_t{1} << number; }

}  // namespace

std::optional<Verdict> judge_by_patterns(const std::vector<PatternRule>& rules,
                                         std::string_view text, const mail::Reply& on_reject,
                                         std::string_view as_given) {
  for (const auto& rule : rules) {
    if (rule.pattern.matches(text)) {
      return verdict_of_value(rule.name, rule.action, on_reject, as_given);
    }
  }
  return std::nullopt;
}

std::optional<Rewritten> rewrite_by_patterns(const std::vector<RewriteRule>& rules,
                                             std::string_view address) {
  for (const auto& rule : rules) {
    if (auto text = rule.pattern.replaced(address, rule.replacement)) {
      return Rewritten{std::move(*text), rule.name};
    }
  }
  return std::nullopt;
}

void HeaderJudge::on_field(std::string_view name, std::string_view value) {
  for (std::size_t i = 0; i < rules_.required.size(); ++i) {
    if (iequals(rules_.required[i].header, name)) seen_ |= bit(i);
  }
  if (found_ && found_->verdict.rejected()) return;
  // Made only where a rule wants them.
  std::string whole;
  std::optional<std::string> decoded;
  for (const auto& [header, rule] : rules_.headers) {
    const bool every = header == "*";
    if (!every && !iequals(header, name)) continue;
    if (every && whole.empty()) whole = std::string(name) + ": " + std::string(value);
    if (!decoded) decoded = mail::decode_words(value);
    const bool same = *decoded == value;
    const auto text = every ? std::string_view(whole) : value;
    const std::string plain =
        same ? std::string() : (every ? std::string(name) + ": " : "") + *decoded;
    if (!(same ? rule.pattern.matches(text) : rule.pattern.matches_either(text, plain))) continue;
    auto verdict = verdict_of_value(rule.name, rule.action, on_reject_, {});
    if (verdict.action == Action::accept) return;
    return take({std::move(verdict), ruleset_of(name), std::string(value)});
  }
}

void HeaderJudge::take(Finding finding) {
  if (!found_ || finding.verdict.rejected()) found_ = std::move(finding);
}

bool HeaderJudge::lacks_fields() const {
  for (std::size_t i = 0; i < rules_.required.size(); ++i) {
    if ((seen_ & bit(i)) == 0) return true;
  }
  return false;
}

std::optional<HeaderJudge::Finding> HeaderJudge::finish(bool own) const {
  if (own || (found_ && found_->verdict.rejected())) return found_;
  std::optional<Finding> found = found_;
  for (std::size_t i = 0; i < rules_.required.size(); ++i) {
    if ((seen_ & bit(i)) != 0) continue;
    const auto& [header, action, name] = rules_.required[i];
    auto verdict = verdict_of_value(name, action, on_reject_, {});
    if (found && !verdict.rejected()) continue;
    found = Finding{std::move(verdict), ruleset_of(header), ""};
    if (found->verdict.rejected()) break;
  }
  return found;
}

}  // namespace signet::policy
