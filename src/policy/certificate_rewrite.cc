#include "signet/policy/certificate_rewrite.h"

#include <regex.h>

#include <algorithm>
#include <array>
#include <utility>

#include "signet/base/text.h"

namespace signet::policy {
namespace {

constexpr std::size_t kMostParts = 10;

}  // namespace

struct CertificateRewrite::Pattern {
  Pattern() = default;
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() {
    if (compiled) ::regfree(&expression);
  }

  regex_t expression{};
  bool compiled = false;
};

Result<CertificateRewrite> CertificateRewrite::make(std::string_view definition) {
  CertificateRewrite rewrite;
  definition = trim(definition);
  if (definition.starts_with("-s")) {
    const auto end = std::min(definition.find_first_of(" \t"), definition.size());
    const auto digits = definition.substr(2, end - 2);
    const auto part = digits.empty() ? std::optional<std::uint64_t>(1) : parse_number(digits);
    if (!part || *part >= kMostParts) return permanent("regex: -s wants one number below 10");
    rewrite.part_ = static_cast<std::size_t>(*part);
    definition = trim(definition.substr(end));
  }
  if (definition.empty() || definition.starts_with('-')) {
    return permanent("regex: `" + printable(definition) + "' is not understood");
  }
  auto pattern = std::make_shared<Pattern>();
  const std::string text(definition);
  const int failure = ::regcomp(&pattern->expression, text.c_str(), REG_EXTENDED | REG_ICASE);
  if (failure != 0) {
    std::array<char, 128> why{};
    ::regerror(failure, &pattern->expression, why.data(), why.size());
    return permanent("regex " + printable(text) + ": " + why.data());
  }
  pattern->compiled = true;
  if (rewrite.part_ > pattern->expression.re_nsub) {
    return permanent("regex " + printable(text) + ": it has no such part");
  }
  rewrite.pattern_ = std::move(pattern);
  return rewrite;
}

std::string CertificateRewrite::apply(std::string_view name) const {
  std::string whole(name);
  if (!pattern_) return whole;
  std::array<regmatch_t, kMostParts> parts{};
  if (::regexec(&pattern_->expression, whole.c_str(), parts.size(), parts.data(), 0) != 0) {
    return whole;
  }
  const auto& part = parts[part_];
  if (part.rm_so < 0) return whole;
  return whole.substr(static_cast<std::size_t>(part.rm_so),
                      static_cast<std::size_t>(part.rm_eo - part.rm_so));
}

}  // namespace signet::policy
