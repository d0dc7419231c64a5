#include "db/handle.h"

namespace signet::db {

DBTYPE type_of(Kind kind) { return kind == Kind::hash ? DB_HASH : DB_BTREE; }

std::unexpected<Error> failure(std::string_view doing, int code) {
  if (code > 0) return system_error(doing, code);
  return permanent(std::string(doing) + ": " + db_strerror(code));
}

Result<Handle> make_handle() {
  DB* made = nullptr;
  if (const int code = db_create(&made, nullptr, 0); code != 0) return failure("db_create", code);
  Handle handle(made);
  made->set_errfile(made, nullptr);  // what it has to say comes back as a code
  made->set_errcall(made, [](const DB_ENV*, const char*, const char*) noexcept {});
  return handle;
}

DBT to_dbt(std::string_view bytes) {
  DBT entry{};
  entry.data = const_cast<char*>(bytes.data());
  entry.size = static_cast<u_int32_t>(bytes.size());
  return entry;
}

std::string_view bytes_of(const DBT& entry) {
  return {static_cast<const char*>(entry.data), entry.size};
}

}  // namespace signet::db
