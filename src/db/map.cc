#include "signet/db/map.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "db/handle.h"

namespace signet::db {
namespace {

std::string_view without_nul(std::string_view text) {
  if (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

struct Malloced {
  void operator()(void* memory) const { std::free(memory); }
};

}  // namespace

struct Map::Core {
  std::string path;
  Handle handle;

  // Empty: not there.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view bytes) const;
};

Map::Map(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Map::~Map() = default;

Result<std::unique_ptr<Map>> Map::open(const std::string& path, Kind kind) {
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) return system_error("opening " + path, errno);
  if (!S_ISREG(state.st_mode)) return permanent("opening " + path + ": not a regular file");
  auto handle = make_handle();
  if (!handle) return std::unexpected(std::move(handle).error());
  DB* raw = handle->get();
  // DB_THREAD: find() from any thread, each with memory of its own.
  const int code =
      raw->open(raw, nullptr, path.c_str(), nullptr, type_of(kind), DB_RDONLY | DB_THREAD, 0);
  if (code == EINVAL || code == DB_OLD_VERSION) {
    return permanent("opening " + path + ": not a " + (kind == Kind::hash ? "hash" : "btree") +
                     " map; make it anew with makemap");
  }
  if (code != 0) return failure("opening " + path, code);
  auto core = std::make_unique<Core>();
  core->path = path;
  core->handle = std::move(*handle);
  return std::unique_ptr<Map>(new Map(std::move(core)));
}

Result<std::optional<std::string>> Map::Core::get(std::string_view bytes) const {
  DB* raw = handle.get();
  DBT key = to_dbt(bytes);
  DBT value{};
  value.flags = DB_DBT_MALLOC;
  const int code = raw->get(raw, nullptr, &key, &value, 0);
  const std::unique_ptr<void, Malloced> owner(value.data);
  if (code == DB_NOTFOUND || code == DB_KEYEMPTY) return std::nullopt;
  if (code != 0) return failure("reading " + path, code);
  return std::string(without_nul(bytes_of(value)));
}

Result<std::optional<std::string>> Map::find(std::string_view key) const {
  auto found = core_->get(key);
  if (!found || *found) return found;
  std::string with_nul(key);
  with_nul += '\0';
  return core_->get(with_nul);
}

Result<void> Map::for_each(const Visit& visit) const {
  DB* raw = core_->handle.get();
  DBC* made = nullptr;
  if (const int code = raw->cursor(raw, nullptr, &made, 0); code != 0) {
    return failure("reading " + core_->path, code);
  }
  const auto close = [](DBC* cursor) { cursor->close(cursor); };
  const std::unique_ptr<DBC, decltype(close)> cursor(made, close);
  while (true) {
    DBT key{};
    DBT value{};
    key.flags = DB_DBT_MALLOC;
    value.flags = DB_DBT_MALLOC;
    const int code = made->get(made, &key, &value, DB_NEXT);
    const std::unique_ptr<void, Malloced> key_owner(key.data);
    const std::unique_ptr<void, Malloced> value_owner(value.data);
    if (code == DB_NOTFOUND) return {};
    if (code != 0) return failure("reading " + core_->path, code);
    if (!visit(without_nul(bytes_of(key)), without_nul(bytes_of(value)))) return {};
  }
}

}  // namespace signet::db
