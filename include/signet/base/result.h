// Errors of the world as values: every function that can fail for a reason outside this program
// returns Result<T>. Refusals toward a peer are not errors (mail/reply.h), broken invariants abort
// (base/check.h). Any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace signet {

enum class ErrorKind {
  temporary,  // worth trying again later; becomes 4yz
  permanent,  // will fail again unless somebody acts; becomes 5yz or stops the start
};

struct Error {
  ErrorKind kind = ErrorKind::temporary;
  std::string what;     // "opening /etc/mail/access.db: Permission denied"
  int system_code = 0;  // errno, or 0

  // Adds what we were doing: "committing 6AN...: fdatasync: No space left on device".
  [[nodiscard]] Error within(std::string_view context) &&;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] std::unexpected<Error> temporary(std::string what);
[[nodiscard]] std::unexpected<Error> permanent(std::string what);
// "doing: strerror(code)"; temporary for shortages (ENOSPC, EMFILE, EIO, EAGAIN...), else
// permanent.
[[nodiscard]] std::unexpected<Error> system_error(std::string_view doing, int code);
// errno as a sentence; thread-safe.
[[nodiscard]] std::string error_text(int code);

}  // namespace signet
