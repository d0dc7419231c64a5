// Lines about TLS.
#include <fmt/format.h>

#include "maillog/field.h"

namespace signet::maillog {
namespace {

constexpr std::size_t kMaxName = 256;  // of a certificate
constexpr std::size_t kMaxErrors = 10;

}  // namespace

Line starttls(Side side, std::string_view relay, const mail::TlsFacts& tls) {
  return {
      8, Priority::info,
      fmt::format("STARTTLS={}, relay={}, version={:.16}, verify={}, cipher={:.64}, bits={}/{}",
                  to_string(side), field(relay, kMaxShortRelay), tls.version,
                  mail::to_string(tls.verify), tls.cipher, tls.algorithm_bits, tls.cipher_bits)};
}

Line starttls_certificate(Side side, const mail::TlsFacts& tls) {
  return {11, Priority::info,
          fmt::format("STARTTLS={}, cert-subject={}, cert-issuer={}, verifymsg={}", to_string(side),
                      field(tls.cert_subject, kMaxName), field(tls.cert_issuer, kMaxName),
                      field(tls.verify_message, kMaxSentence))};
}

Lines starttls_failed(Side side, std::string_view relay, std::string_view reason, int ssl_error,
                      const std::vector<std::string>& queue) {
  const bool server = side == Side::server;
  std::string first = fmt::format(
      "STARTTLS={}, error: {} failed=-1, reason={}, SSL_error={}, errno=0, retry=-1",
      to_string(side), server ? "accept" : "connect", field(reason, kMaxSentence), ssl_error);
  if (server) first += ", relay=" + field(relay, kMaxShortRelay);
  Lines lines{{5, Priority::warning, std::move(first)}};
  for (const auto& error : queue) {
    if (lines.size() > kMaxErrors) break;
    lines.push_back({9, Priority::warning,
                     fmt::format("STARTTLS={}: {}", to_string(side), field(error, kMaxSentence))});
  }
  return lines;
}

Line file_unsafe(Side side, std::string_view path, std::string_view reason) {
  return {7, Priority::warning,
          fmt::format("STARTTLS={}: file {} unsafe: {}", to_string(side), field(path, kMaxSentence),
                      field(reason, kMaxSentence))};
}

Line starttls_init(Side side, bool usable) {
  return {12, Priority::info, fmt::format("STARTTLS={}, init={}", to_string(side), usable ? 1 : 0)};
}

Line starttls_error(Side side, std::string_view what) {
  return {7, Priority::warning,
          fmt::format("STARTTLS={}, error: {}", to_string(side), field(what, kMaxSentence))};
}

}  // namespace signet::maillog
