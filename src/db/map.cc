// Reading a map. The file may be damaged, or written anew in its place by another makemap while we
// read: that shows as an error of one look-up, never as a fault of ours.
#include "signet/db/map.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "db/handle.h"
#include "db/pages.h"
#include "signet/base/fd.h"

namespace signet::db {
namespace {

std::string_view without_nul(std::string_view text) {
  if (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

struct Malloced {
  void operator()(void* memory) const { std::free(memory); }
};

// A map that cannot be read now may be whole again after the next makemap: mail waits for it.
std::unexpected<Error> unreadable(const std::string& path, int code) {
  Error error = failure("reading " + path, code).error();
  error.kind = ErrorKind::temporary;
  return std::unexpected(std::move(error));
}

// sendmail's makemap writes in place and holds flock(2) while it does: half a map is no map.
Result<void> check_file(const std::string& path, Kind kind) {
  // O_NONBLOCK: never waits for the other end of a FIFO.
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return system_error("opening " + path, errno);
  struct stat state {};
  if (fstat(file.get(), &state) != 0) return system_error("opening " + path, errno);
  if (!S_ISREG(state.st_mode)) return permanent("opening " + path + ": not a regular file");
  if (flock(file.get(), LOCK_SH | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return temporary("opening " + path + ": it is being rebuilt");
    return system_error("locking " + path, errno);
  }
  if (auto checked = check_pages(file.get(), kind); !checked) {
    return std::unexpected(std::move(checked).error().within("opening " + path));
  }
  return {};
}

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
  if (auto checked = check_file(path, kind); !checked) return std::unexpected(checked.error());
  auto handle = make_handle();
  if (!handle) return std::unexpected(std::move(handle).error());
  DB* raw = handle->get();
  // DB_THREAD: find() from any thread, each with memory of its own. DB_NOMMAP: a file that is cut
  // short under a memory map would end the process with SIGBUS.
  const int code = raw->open(raw, nullptr, path.c_str(), nullptr, type_of(kind),
                             DB_RDONLY | DB_THREAD | DB_NOMMAP, 0);
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
  if (code != 0) return unreadable(path, code);
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
    return unreadable(core_->path, code);
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
    if (code != 0) return unreadable(core_->path, code);
    if (!visit(without_nul(bytes_of(key)), without_nul(bytes_of(value)))) return {};
  }
}

}  // namespace signet::db
