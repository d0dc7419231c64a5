// Lines about TLS.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>

#include "maillog/field.h"
#include "signet/base/text.h"

namespace signet::maillog {
namespace {

constexpr std::size_t kMaxName = 256;  // of a certificate
constexpr std::size_t kMaxErrors = 10;

std::string_view short_name(Side side) { return side == Side::server ? "srv" : "clt"; }

// What is only for people stands under a name of its own.
Lines explained(Side side, std::string_view relay, std::string_view what, std::string_view cause,
                std::string_view remedy) {
  if (cause.empty()) return {};
  std::string text =
      fmt::format("STARTTLS={}, relay={}, {}: {}", to_string(side), field(relay, kMaxShortRelay),
                  what, printable(cause, kMaxSentence));
  if (!remedy.empty()) text += "; remedy: " + printable(remedy, kMaxSentence);
  return {{8, Priority::notice, std::move(text), Ident::tls}};
}

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

Lines starttls_explained(Side side, std::string_view relay, const mail::TlsFacts& tls) {
  return explained(side, relay, "verify=" + std::string(mail::to_string(tls.verify)), tls.cause,
                   tls.remedy);
}

Lines starttls_failure_explained(Side side, std::string_view relay, std::string_view cause,
                                 std::string_view remedy) {
  return explained(side, relay, "handshake failed", cause, remedy);
}

Lines starttls_failed(Side side, std::string_view relay, std::string_view reason, int ssl_error,
                      const std::vector<std::string>& queue) {
  const bool server = side == Side::server;
  std::string first = fmt::format(
      "STARTTLS={}, error: {} failed=-1, reason={}, SSL_error={}, errno=0, retry=-1",
      to_string(side), server ? "accept" : "connect", field(reason, kMaxSentence), ssl_error);
  if (server) first += ", relay=" + field(relay, kMaxShortRelay);
  Lines lines{{5, Priority::warning, std::move(first)}};
  std::ranges::move(starttls_error_queue(side, queue), std::back_inserter(lines));
  return lines;
}

Lines starttls_error_queue(Side side, const std::vector<std::string>& queue) {
  Lines lines;
  for (const auto& error : queue | std::views::take(kMaxErrors)) {
    lines.push_back({9, Priority::warning,
                     fmt::format("STARTTLS={}: {}", to_string(side), field(error, kMaxSentence))});
  }
  return lines;
}

Line tls_features(Side side, std::string_view text, std::string_view relay) {
  return {
      9, Priority::info,
      fmt::format("tls_{}_features={}, relay={}", short_name(side),
                  text.empty() ? "\"\"" : field(text, kMaxSentence), field(relay, kMaxShortRelay))};
}

Line tls_features_parsed(Side side, std::string_view item, std::string_view relay) {
  return {9, Priority::info,
          fmt::format("tls_{}_features=parsed, {}, relay={}", short_name(side),
                      field(item, kMaxSentence), field(relay, kMaxShortRelay))};
}

Line tls_features_fault(Side side, std::string_view fault, std::string_view detail,
                        std::string_view relay) {
  return {7, Priority::notice,
          fmt::format("tls_{}_features={}{}{}, relay={}", short_name(side), fault,
                      detail.empty() ? "" : ", ", field(detail, kMaxSentence),
                      field(relay, kMaxShortRelay))};
}

Line starttls_read_error(std::string_view reason) {
  return {7, Priority::warning,
          fmt::format("STARTTLS: read error=generic SSL error (-1), errno=0, get_error={}, "
                      "retry=-1, ssl_err=1",
                      field(reason, kMaxSentence))};
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
