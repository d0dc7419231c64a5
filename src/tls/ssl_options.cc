#include "tls/ssl_options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include <openssl/ssl.h>

#include "signet/base/text.h"

namespace signet::tls {
namespace {

struct NamedBits {
  std::string_view name;
  std::uint64_t bits;
};

constexpr std::array kNamedBits = std::to_array<NamedBits>({
    {"SSL_OP_ALL", SSL_OP_ALL},
    {"SSL_OP_ALLOW_NO_DHE_KEX", SSL_OP_ALLOW_NO_DHE_KEX},
    {"SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION", SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION},
    {"SSL_OP_CIPHER_SERVER_PREFERENCE", SSL_OP_CIPHER_SERVER_PREFERENCE},
    {"SSL_OP_CLEANSE_PLAINTEXT", SSL_OP_CLEANSE_PLAINTEXT},
    {"SSL_OP_COOKIE_EXCHANGE", SSL_OP_COOKIE_EXCHANGE},
    {"SSL_OP_CRYPTOPRO_TLSEXT_BUG", SSL_OP_CRYPTOPRO_TLSEXT_BUG},
    {"SSL_OP_DISABLE_TLSEXT_CA_NAMES", SSL_OP_DISABLE_TLSEXT_CA_NAMES},
    {"SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS", SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS},
    {"SSL_OP_ENABLE_MIDDLEBOX_COMPAT", SSL_OP_ENABLE_MIDDLEBOX_COMPAT},
    {"SSL_OP_IGNORE_UNEXPECTED_EOF", SSL_OP_IGNORE_UNEXPECTED_EOF},
    {"SSL_OP_LEGACY_SERVER_CONNECT", SSL_OP_LEGACY_SERVER_CONNECT},
    {"SSL_OP_MICROSOFT_BIG_SSLV3_BUFFER", SSL_OP_MICROSOFT_BIG_SSLV3_BUFFER},
    {"SSL_OP_MICROSOFT_SESS_ID_BUG", SSL_OP_MICROSOFT_SESS_ID_BUG},
    {"SSL_OP_MSIE_SSLV2_RSA_PADDING", SSL_OP_MSIE_SSLV2_RSA_PADDING},
    {"SSL_OP_NETSCAPE_CA_DN_BUG", SSL_OP_NETSCAPE_CA_DN_BUG},
    {"SSL_OP_NETSCAPE_CHALLENGE_BUG", SSL_OP_NETSCAPE_CHALLENGE_BUG},
    {"SSL_OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG", SSL_OP_NETSCAPE_DEMO_CIPHER_CHANGE_BUG},
    {"SSL_OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG", SSL_OP_NETSCAPE_REUSE_CIPHER_CHANGE_BUG},
    {"SSL_OP_NO_ANTI_REPLAY", SSL_OP_NO_ANTI_REPLAY},
    {"SSL_OP_NO_COMPRESSION", SSL_OP_NO_COMPRESSION},
    {"SSL_OP_NO_DTLSv1", SSL_OP_NO_DTLSv1},
    {"SSL_OP_NO_DTLSv1_2", SSL_OP_NO_DTLSv1_2},
    {"SSL_OP_NO_ENCRYPT_THEN_MAC", SSL_OP_NO_ENCRYPT_THEN_MAC},
    {"SSL_OP_NO_EXTENDED_MASTER_SECRET", SSL_OP_NO_EXTENDED_MASTER_SECRET},
    {"SSL_OP_NO_QUERY_MTU", SSL_OP_NO_QUERY_MTU},
    {"SSL_OP_NO_RENEGOTIATION", SSL_OP_NO_RENEGOTIATION},
    {"SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION",
     SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION},
    {"SSL_OP_NO_SSLv2", SSL_OP_NO_SSLv2},
    {"SSL_OP_NO_SSLv3", SSL_OP_NO_SSLv3},
    {"SSL_OP_NO_TICKET", SSL_OP_NO_TICKET},
    {"SSL_OP_NO_TLSv1", SSL_OP_NO_TLSv1},
    {"SSL_OP_NO_TLSv1_1", SSL_OP_NO_TLSv1_1},
    {"SSL_OP_NO_TLSv1_2", SSL_OP_NO_TLSv1_2},
    {"SSL_OP_NO_TLSv1_3", SSL_OP_NO_TLSv1_3},
    {"SSL_OP_PKCS1_CHECK_1", SSL_OP_PKCS1_CHECK_1},
    {"SSL_OP_PKCS1_CHECK_2", SSL_OP_PKCS1_CHECK_2},
    {"SSL_OP_PRIORITIZE_CHACHA", SSL_OP_PRIORITIZE_CHACHA},
    {"SSL_OP_SAFARI_ECDHE_ECDSA_BUG", SSL_OP_SAFARI_ECDHE_ECDSA_BUG},
    {"SSL_OP_SINGLE_DH_USE", SSL_OP_SINGLE_DH_USE},
    {"SSL_OP_SINGLE_ECDH_USE", SSL_OP_SINGLE_ECDH_USE},
    {"SSL_OP_SSLEAY_080_CLIENT_DH_BUG", SSL_OP_SSLEAY_080_CLIENT_DH_BUG},
    {"SSL_OP_SSLREF2_REUSE_CERT_TYPE_BUG", SSL_OP_SSLREF2_REUSE_CERT_TYPE_BUG},
    {"SSL_OP_TLSEXT_PADDING", SSL_OP_TLSEXT_PADDING},
    {"SSL_OP_TLS_BLOCK_PADDING_BUG", SSL_OP_TLS_BLOCK_PADDING_BUG},
    {"SSL_OP_TLS_D5_BUG", SSL_OP_TLS_D5_BUG},
    {"SSL_OP_TLS_ROLLBACK_BUG", SSL_OP_TLS_ROLLBACK_BUG},
});

// Empty: there is none of this name.
std::optional<std::uint64_t> bits_named(std::string_view name) {
  const auto* row = std::ranges::find(kNamedBits, name, &NamedBits::name);
  if (row != kNamedBits.end()) return row->bits;
  const bool hexadecimal = name.starts_with("0x") || name.starts_with("0X");
  if (hexadecimal) name.remove_prefix(2);
  std::uint64_t bits = 0;
  const auto* end = name.data() + name.size();
  const auto [last, failure] = std::from_chars(name.data(), end, bits, hexadecimal ? 16 : 10);
  if (failure != std::errc() || last != end) return std::nullopt;
  return bits;
}

}  // namespace

SslBits bits_of(std::span<const SslOption> options) {
  SslBits all;
  for (const auto& option : options) {
    const std::uint64_t bits = bits_named(option.name).value_or(0);
    (option.on ? all.set : all.cleared) |= bits;
    (option.on ? all.cleared : all.set) &= ~bits;
  }
  return all;
}

Result<std::vector<SslOption>> parse_ssl_options(std::string_view text) {
  std::vector<SslOption> options;
  for (auto word : words(text, " \t,")) {
    const bool on = word.front() != '-';
    if (word.front() == '-' || word.front() == '+') word.remove_prefix(1);
    if (!bits_named(word)) return permanent("SSL_OP not found: " + printable(word));
    options.push_back({std::string(word), on});
  }
  return options;
}

}  // namespace signet::tls
