// An OpenSSL BIO over two strings: ciphertext that came, ciphertext to send. An idle session keeps
// no buffer here.
#pragma once

#include <string>
#include <string_view>

#include <openssl/bio.h>

namespace signet::tls {

struct Wire {
  std::string in;
  std::size_t in_at = 0;
  std::string out;
  std::size_t out_at = 0;
  bool ended = false;  // nothing will follow `in`

  [[nodiscard]] std::string_view incoming() const { return std::string_view(in).substr(in_at); }
  [[nodiscard]] std::string_view outgoing() const { return std::string_view(out).substr(out_at); }
  void take_in(std::size_t bytes);
  void take_out(std::size_t bytes);
};

// Reads from and writes to `wire`, which outlives it. SSL_set_bio takes it over.
[[nodiscard]] BIO* make_bio(Wire& wire);

}  // namespace signet::tls
