// Berkeley DB's handle with an owner, and its errors as ours.
#pragma once

#include <memory>
#include <string>

#include <db.h>

#include "signet/base/result.h"
#include "signet/db/map.h"

namespace signet::db {

struct HandleClose {
  void operator()(DB* handle) const { handle->close(handle, 0); }
};
using Handle = std::unique_ptr<DB, HandleClose>;

[[nodiscard]] DBTYPE type_of(Kind kind);
// `code`: errno, or one of Berkeley DB's own below zero.
[[nodiscard]] std::unexpected<Error> failure(std::string_view doing, int code);
[[nodiscard]] Result<Handle> make_handle();
[[nodiscard]] DBT to_dbt(std::string_view bytes);
[[nodiscard]] std::string_view bytes_of(const DBT& entry);

}  // namespace signet::db
