#include "signet/policy/pattern.h"

#include <array>
#include <utility>

#include "signet/base/text.h"

#include <re2/re2.h>

namespace signet::policy {
namespace {

constexpr std::size_t kMostPartsOfPattern = 10;  // the whole, and nine
constexpr std::int64_t kMostMemory = 2 << 20;    // of an expression and what it remembers of texts

re2::RE2::Options options_of_patterns() {
  re2::RE2::Options options;
  options.set_encoding(
      re2::RE2::Options::EncodingLatin1);  // a byte is a character: none is invalid
  options.set_case_sensitive(false);
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Pattern::Compiled {
  explicit Compiled(std::string_view text) : expression(piece(text), options_of_patterns()) {}
  re2::RE2 expression;
};

Result<Pattern> Pattern::make(std::string_view text) {
  Pattern pattern;
  pattern.text_ = text;
  pattern.inverted_ = text.starts_with('!');
  if (pattern.inverted_) text.remove_prefix(1);
  if (text.empty()) return permanent("the pattern is empty");
  auto compiled = std::make_shared<const Compiled>(text);
  if (!compiled->expression.ok()) {
    return permanent("pattern " + printable(text, 200) + ": " +
                     printable(compiled->expression.error(), 200));
  }
  pattern.compiled_ = std::move(compiled);
  return pattern;
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(piece(text), compiled_->expression) != inverted_;
}

Result<void> Pattern::check_replacement(std::string_view replacement) const {
  std::string why;
  if (!compiled_->expression.CheckRewriteString(piece(replacement), &why)) {
    return permanent("replacement " + printable(replacement, 200) + ": " + printable(why, 200));
  }
  if (inverted_ && re2::RE2::MaxSubmatch(piece(replacement)) > 0) {
    return permanent("replacement " + printable(replacement, 200) +
                     ": what does not match has no parts");
  }
  return {};
}

std::optional<std::string> Pattern::replaced(std::string_view text,
                                             std::string_view replacement) const {
  std::array<re2::StringPiece, kMostPartsOfPattern> parts;
  const int wanted = 1 + re2::RE2::MaxSubmatch(piece(replacement));
  const bool matched = compiled_->expression.Match(piece(text), 0, text.size(),
                                                   re2::RE2::UNANCHORED, parts.data(), wanted);
  if (matched == inverted_) return std::nullopt;
  if (inverted_) parts[0] = piece(text);
  std::string result;
  if (!compiled_->expression.Rewrite(&result, piece(replacement), parts.data(), wanted)) {
    return std::nullopt;
  }
  return result;
}

}  // namespace signet::policy
