#include "tls/openssl.h"

#include <openssl/err.h>

#include <array>

namespace signet::tls {

Errors take_errors() {
  Errors errors;
  const char* file = nullptr;
  const char* data = nullptr;
  int line = 0;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(&file, &line, nullptr, &data, &flags)) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    if (errors.lines.empty()) {
      const char* reason = ERR_reason_error_string(code);
      errors.reason = reason != nullptr ? reason : text.data();
    }
    std::string entry(text.data());
    entry += ':';
    entry += file != nullptr ? file : "";
    entry += ':' + std::to_string(line) + ':';
    if (data != nullptr && (flags & ERR_TXT_STRING) != 0) entry += data;
    errors.lines.push_back(std::move(entry));
  }
  return errors;
}

}  // namespace signet::tls
