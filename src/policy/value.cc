#include "policy/value.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "signet/base/text.h"

namespace signet::policy {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text, std::size_t most) {
  std::size_t count = 0;
  while (count < text.size() && count < most && is_digit(text[count])) ++count;
  const auto digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::string_view inside_quotes(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return trim(text.substr(1, text.size() - 2));
  }
  return text;
}

// A reply code at the start, followed by a blank or nothing.
std::optional<int> leading_code(std::string_view text) {
  if (text.size() < 3 || (text[0] != '4' && text[0] != '5')) return std::nullopt;
  if (!is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
  if (text.size() > 3 && text[3] != ' ' && text[3] != '\t') return std::nullopt;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

mail::Reply generic() { return {553, "5.3.0", ""}; }

// ERROR:D.S.N:code text, ERROR:code text
mail::Reply parse_error(std::string_view text) {
  text = trim(text);
  const auto enhanced = leading_enhanced_code(text, ":");
  if (enhanced.empty()) return parse_refusal(text, generic());
  const int code = enhanced.front() == '4' ? 451 : 553;
  auto reply = parse_refusal(text.substr(enhanced.size() + 1), {code, std::string(enhanced), ""});
  reply.enhanced = enhanced;
  return reply;
}

}  // namespace

// status-code = class "." subject "." detail, class 4 or 5. RFC 3463 §2
std::string_view leading_enhanced_code(std::string_view text, std::string_view behind) {
  std::string_view rest = text;
  const auto kind = take_digits(rest, 1);
  if (kind != "4" && kind != "5") return {};
  for (int i = 0; i < 2; ++i) {
    if (!rest.starts_with('.')) return {};
    rest.remove_prefix(1);
    if (take_digits(rest, 3).empty()) return {};
  }
  if (!rest.empty() ? behind.find(rest.front()) == std::string_view::npos : behind == ":") {
    return {};
  }
  return text.substr(0, text.size() - rest.size());
}

mail::Reply parse_refusal(std::string_view text, const mail::Reply& otherwise) {
  text = inside_quotes(text);
  const auto code = leading_code(text);
  if (!code) return {otherwise.code, otherwise.enhanced, std::string(text)};
  text = trim(text.substr(3));
  const auto enhanced = leading_enhanced_code(text, " \t");
  if (enhanced.empty()) return {*code, *code < 500 ? "4.0.0" : "5.0.0", std::string(text)};
  return {*code, std::string(enhanced), std::string(trim(text.substr(enhanced.size())))};
}

mail::Reply with_enhanced_code(std::string_view text, std::string_view enhanced) {
  text = inside_quotes(text);
  auto reply = parse_refusal(text, generic());
  if (!leading_code(text)) return reply;
  if (leading_enhanced_code(trim(text.substr(3)), " \t").empty()) {
    reply.enhanced = enhanced;
    reply.enhanced.front() = reply.code < 500 ? '4' : '5';
  }
  return reply;
}

mail::Reply parse_error_mailer(std::string_view text) {
  struct Word {
    std::string_view name;
    int code;
    std::string_view enhanced;
  };
  static constexpr std::array<Word, 7> kWords{{{"nouser", 550, "5.1.1"},
                                               {"nohost", 550, "5.1.2"},
                                               {"unavailable", 553, "5.3.0"},
                                               {"tempfail", 450, "4.0.0"},
                                               {"usage", 501, "5.5.4"},
                                               {"protocol", 554, "5.5.0"},
                                               {"config", 554, "5.3.5"}}};
  text = trim(text);
  const mail::Reply plain{553, "5.3.0", ""};
  if (const auto enhanced = leading_enhanced_code(text, " \t:"); !enhanced.empty()) {
    text.remove_prefix(std::min(enhanced.size() + 1, text.size()));
    const int code = enhanced.front() == '4' ? 450 : 550;
    auto reply = parse_refusal(text, {code, std::string(enhanced), ""});
    reply.enhanced = enhanced;
    return reply;
  }
  const auto end = std::min(text.find_first_of(" \t:"), text.size());
  for (const auto& word : kWords) {
    if (!iequals(text.substr(0, end), word.name)) continue;
    text.remove_prefix(std::min(end + 1, text.size()));
    return parse_refusal(text, {word.code, std::string(word.enhanced), ""});
  }
  return parse_refusal(text, plain);
}

Value parse_value(std::string_view value) {
  using Kind = Value::Kind;
  value = trim(value);
  if (iequals(value, "OK")) return {Kind::ok, {}, {}};
  if (iequals(value, "RELAY")) return {Kind::relay, {}, {}};
  if (iequals(value, "REJECT")) return {Kind::reject, {}, {}};
  if (iequals(value, "DISCARD")) return {Kind::discard, {}, {}};
  constexpr std::string_view kQuarantine = "QUARANTINE:";
  if (istarts_with(value, kQuarantine) && value.size() > kQuarantine.size()) {
    return {Kind::quarantine, {}, std::string(trim(value.substr(kQuarantine.size())))};
  }
  constexpr std::string_view kError = "ERROR:";
  if (istarts_with(value, kError) && value.size() > kError.size()) {
    return {Kind::error, parse_error(value.substr(kError.size())), {}};
  }
  return {Kind::error, parse_refusal(value, generic()), {}};
}

Verdict accepted(std::string rule) { return {Action::accept, {}, std::move(rule), {}}; }

Verdict rejected(mail::Reply reply, std::string rule) {
  return {Action::reject, std::move(reply), std::move(rule), {}};
}

Verdict rejected(mail::Reply reply, std::string_view as_given, std::string rule) {
  if (!as_given.empty()) reply.text = mail::with_address(reply.code, as_given, reply.text);
  return rejected(std::move(reply), std::move(rule));
}

Verdict map_failed(const Error& error) {
  auto verdict = rejected({451, "4.3.0", "Temporary system failure. Please try again later."},
                          "access: map failed");
  verdict.value = error.what;
  return verdict;
}

std::string rule_of(std::string_view tag, const Hit& hit) {
  std::string rule = "access:" + hit.key;
  if (istarts_with(hit.key, tag) && hit.key.size() > tag.size() && hit.key[tag.size()] == ':') {
    std::ranges::copy(tag, rule.begin() + 7);
  }
  return rule;
}

Verdict verdict_of(std::string_view tag, const Hit& hit, const mail::Reply& on_reject,
                   std::string_view as_given) {
  return verdict_of_value(rule_of(tag, hit), hit.value, on_reject, as_given);
}

Verdict verdict_of_value(std::string rule, std::string_view text, const mail::Reply& on_reject,
                         std::string_view as_given) {
  Value value = parse_value(text);
  Verdict verdict{Action::accept, {}, std::move(rule), std::string(text)};
  switch (value.kind) {
    case Value::Kind::ok:
    case Value::Kind::relay:
      break;
    case Value::Kind::discard:
      verdict.action = Action::discard;
      break;
    case Value::Kind::quarantine:
      verdict.action = Action::quarantine;
      verdict.value = std::move(value.text);
      break;
    case Value::Kind::reject:
    case Value::Kind::error: {
      const bool plain = value.kind == Value::Kind::reject;
      auto refusal = rejected(plain ? on_reject : value.reply, as_given, std::move(verdict.rule));
      refusal.value = text;
      return refusal;
    }
  }
  return verdict;
}

bool says(const Hit& hit, std::string_view word) { return iequals(trim(hit.value), word); }

}  // namespace signet::policy
