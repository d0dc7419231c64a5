// Reading a map. The file may be damaged, or written anew in its place by another makemap: a map
// that is open answers on, from its copy; a large one, which has none, with an error.
#include "signet/db/map.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "db/handle.h"
#include "db/pages.h"

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

std::unexpected<Error> opening_failed(const std::string& path, int code) {
  return system_error("opening " + path, code);
}

// The octets of `file` in memory of ours, as a file.
Result<Fd> copy_of(const Fd& file, std::uint64_t size, const std::string& path) {
  Fd copy(memfd_create("map", MFD_CLOEXEC));
  if (!copy.valid()) return opening_failed(path, errno);
  off_t at = 0;
  while (static_cast<std::uint64_t>(at) < size) {
    const auto moved = sendfile(copy.get(), file.get(), &at, size - static_cast<std::uint64_t>(at));
    if (moved < 0 && errno == EINTR) continue;
    if (moved < 0) return opening_failed(path, errno);
    if (moved == 0) break;  // became shorter meanwhile: the check says what that means
  }
  return copy;
}

// A sound map, and the name under which Berkeley DB opens it while `file` is open.
struct SoundFile {
  Fd file;
  std::string name;
  KeyFilter keys{};
};

// sendmail's makemap writes in place and holds flock(2) while it does: half a map is no map.
Result<SoundFile> sound_file(const std::string& path, Kind kind, const OpenFile& open_file,
                             const SeeKey& see_key) {
  auto file = open_file(path);
  if (!file) return std::unexpected(std::move(file).error());
  if (flock(file->get(), LOCK_SH | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return temporary("opening " + path + ": it is being rebuilt");
    return system_error("locking " + path, errno);
  }
  struct stat state {};
  if (fstat(file->get(), &state) != 0) return opening_failed(path, errno);
  const auto size = static_cast<std::uint64_t>(state.st_size);
  SoundFile sound{.file = std::move(*file), .name = path};
  if (size <= Map::kMostCopied || access(path.c_str(), R_OK) != 0) {
    auto copy = copy_of(sound.file, size, path);
    if (!copy) return std::unexpected(std::move(copy).error());
    sound.file = std::move(*copy);
    sound.name = "/proc/self/fd/" + std::to_string(sound.file.get());
  }
  const auto seen = check_pages(sound.file.get(), kind, see_key);
  if (!seen) return std::unexpected(Error(seen.error()).within("opening " + path));
  sound.keys = KeyFilter(*seen);
  return sound;
}

}  // namespace

struct Map::Core {
  std::string path;
  Handle handle;
  KeyFilter keys;

  // As stored. Empty: not there.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view bytes) const;
};

Map::Map(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Map::~Map() = default;

Result<std::unique_ptr<Map>> Map::open(const std::string& path, Kind kind,
                                       const OpenFile& open_file, const SeeKey& see_key) {
  auto sound = sound_file(path, kind, open_file, see_key);
  if (!sound) return std::unexpected(std::move(sound).error());
  auto handle = make_handle();
  if (!handle) return std::unexpected(std::move(handle).error());
  DB* raw = handle->get();
  // DB_THREAD: find() from any thread, each with memory of its own. DB_NOMMAP: a file that is cut
  // short under a memory map would end the process with SIGBUS.
  const int code = raw->open(raw, nullptr, sound->name.c_str(), nullptr, type_of(kind),
                             DB_RDONLY | DB_THREAD | DB_NOMMAP, 0);
  if (code == EINVAL || code == DB_OLD_VERSION) {
    return permanent("opening " + path + ": not a " + (kind == Kind::hash ? "hash" : "btree") +
                     " map; make it anew with makemap");
  }
  if (code != 0) return failure("opening " + path, code);
  auto core = std::make_unique<Core>();
  core->path = path;
  core->handle = std::move(*handle);
  core->keys = std::move(sound->keys);
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
  return std::string(bytes_of(value));
}

Result<std::optional<std::string>> Map::find(std::string_view key) const {
  if (!core_->keys.may_hold(key)) return std::nullopt;
  auto found = core_->get(key);
  if (found && !*found) {
    std::string with_nul(key);
    with_nul += '\0';
    found = core_->get(with_nul);
  }
  if (found && *found && (*found)->ends_with('\0')) (*found)->pop_back();
  return found;
}

Result<std::optional<std::string>> Map::find_stored(std::string_view key) const {
  return core_->get(key);
}

bool Map::allows_duplicates() const {
  u_int32_t flags = 0;
  DB* raw = core_->handle.get();
  return raw->get_flags(raw, &flags) == 0 && (flags & DB_DUP) != 0;
}

Result<void> Map::for_each(const Visit& visit) const {
  return for_each_stored([&](std::string_view key, std::string_view value) {
    return visit(without_nul(key), without_nul(value));
  });
}

Result<void> Map::for_each_stored(const Visit& visit) const {
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
    if (!visit(bytes_of(key), bytes_of(value))) return {};
  }
}

}  // namespace signet::db
