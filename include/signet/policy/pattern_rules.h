// What a site refuses by patterns: clients by name, HELO names, senders, recipients, header fields
// (HEADER_CHECK and its relatives). The first rule that matches decides. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/policy/pattern.h"
#include "signet/policy/verdict.h"

namespace signet::policy {

struct PatternRule {
  Pattern pattern;
  std::string action;  // as a value of the access map; OK ends the search
  std::string name;    // "SENDER_PATTERN site.mc:12"
};
struct HeaderRule {
  std::string header;  // lower case; "*": every field, as "Name: value"
  PatternRule rule;
};
struct RequiredHeader {
  std::string header;  // lower case
  std::string action;
  std::string name;
};

// Of addresses, "user@domain" with the domain in lower case: the whole of one that matches becomes
// the replacement.
struct RewriteRule {
  Pattern pattern;
  std::string replacement;
  std::string name;  // "REWRITE_SENDER site.mc:12"
};

struct PatternRules {
  std::vector<PatternRule> clients, helos, senders, recipients;
  std::vector<HeaderRule> headers;
  std::vector<RequiredHeader> required;
  std::vector<RewriteRule> sender_rewrites, recipient_rewrites;

  [[nodiscard]] bool about_headers() const { return !headers.empty() || !required.empty(); }
};

// Empty: no rule matches. `as_given`: for the reply's text, may be empty.
[[nodiscard]] std::optional<Verdict> judge_by_patterns(const std::vector<PatternRule>& rules,
                                                       std::string_view text,
                                                       const mail::Reply& on_reject,
                                                       std::string_view as_given);

struct Rewritten {
  std::string address;  // which may be none: whoever asks looks at it
  std::string rule;
};
// By the first rule that matches. Empty: none does.
[[nodiscard]] std::optional<Rewritten> rewrite_by_patterns(const std::vector<RewriteRule>& rules,
                                                           std::string_view address);

// The header of one message, field by field. A refusal ends it; of discard and quarantine the
// first counts, unless a refusal follows.
class HeaderJudge final {
 public:
  HeaderJudge(const PatternRules& rules, mail::Reply on_reject)
      : rules_(rules), on_reject_(std::move(on_reject)) {}

  void on_field(std::string_view name, std::string_view value);

  struct Finding {
    Verdict verdict;
    std::string ruleset;   // "check_subject"
    std::string argument;  // what was judged
  };
  // `own`: from a client that may relay, whose mail we complete ourselves.
  [[nodiscard]] std::optional<Finding> finish(bool own) const;
  // Is something missing that finish() would ask `own` for?
  [[nodiscard]] bool lacks_fields() const;

 private:
  void take(Finding finding);

  const PatternRules& rules_;  // outlives this
  mail::Reply on_reject_;
  std::uint64_t seen_ = 0;  // bit i: required[i] is there
  std::optional<Finding> found_;
};

// More required headers than HeaderJudge can count.
inline constexpr std::size_t kMostRequiredHeaders = 64;

}  // namespace signet::policy
