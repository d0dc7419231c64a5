// What the access map is asked for instead of a whole distinguished name: the part of it that a
// regular expression picks, as _CERT_REGEX_ISSUER_ and _CERT_REGEX_SUBJECT_ say. Made at start,
// then used from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "signet/base/result.h"

namespace signet::policy {

class CertificateRewrite final {
 public:
  CertificateRewrite() = default;  // leaves every name as it is
  // `definition` as of a regex map: "-s1 CN=([^/]+)", extended expression, case ignored.
  // Fails: not an expression, or a flag other than -sN.
  [[nodiscard]] static Result<CertificateRewrite> make(std::string_view definition);

  [[nodiscard]] bool active() const { return pattern_ != nullptr; }
  // The part, or the whole name where the expression does not match.
  [[nodiscard]] std::string apply(std::string_view name) const;

 private:
  struct Pattern;
  std::shared_ptr<const Pattern> pattern_;
  std::size_t part_ = 0;  // 0: the whole match
};

}  // namespace signet::policy
