#include "signet/base/result.h"

#include <cerrno>
#include <system_error>

namespace signet {

Error Error::within(std::string_view context) && {
  what.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

std::unexpected<Error> temporary(std::string what) {
  return std::unexpected(Error{ErrorKind::temporary, std::move(what), 0});
}

std::unexpected<Error> permanent(std::string what) {
  return std::unexpected(Error{ErrorKind::permanent, std::move(what), 0});
}

namespace {

ErrorKind kind_of(int code) {
  switch (code) {
    case ENOENT:
    case EACCES:
    case EPERM:
    case EINVAL:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EBADF:
      return ErrorKind::permanent;
    default:
      return ErrorKind::temporary;
  }
}

}  // namespace

std::unexpected<Error> system_error(std::string_view doing, int code) {
  return std::unexpected(Error{kind_of(code), std::string(doing) + ": " + error_text(code), code});
}

std::string error_text(int code) { return std::generic_category().message(code); }

}  // namespace signet
