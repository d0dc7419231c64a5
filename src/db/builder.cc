// Building a map: beside the old one, then in its place in one step. It takes over the mode and, as
// far as we may, the owner of the old one, as if that had been written anew.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "db/handle.h"
#include "signet/base/check.h"
#include "signet/base/fd.h"

namespace signet::db {
namespace {

constexpr u_int32_t kCacheBytes = 16 * 1024 * 1024;

Result<void> sync_path(const std::string& path, int flags) {
  Fd fd(open(path.c_str(), flags | O_CLOEXEC));
  if (!fd.valid()) return system_error("opening " + path, errno);
  if (fsync(fd.get()) != 0) return system_error("syncing " + path, errno);
  return fd.close();
}

Result<void> make_alike(const std::string& path, const std::string& old,
                        const BuildOptions& options) {
  struct stat state {};
  const bool replaced = lstat(old.c_str(), &state) == 0 && S_ISREG(state.st_mode);
  // By its descriptor, and only what is ours alone: in a folder of another user the name may lead
  // somewhere else by now.
  const Fd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return system_error("opening " + path, errno);
  struct stat mine {};
  if (fstat(fd.get(), &mine) != 0) return system_error("looking at " + path, errno);
  if (!S_ISREG(mine.st_mode) || mine.st_nlink != 1 || mine.st_uid != geteuid()) {
    return permanent(path + " was replaced");
  }
  // Before the mode: chown takes set-id bits away. Only root may give a file to others.
  const uid_t owner = options.owner.value_or(replaced ? state.st_uid : mine.st_uid);
  const gid_t group = replaced ? state.st_gid : mine.st_gid;
  if (fchown(fd.get(), owner, group) != 0 && errno != EPERM) {
    return system_error("chown " + path, errno);
  }
  if (fchmod(fd.get(), replaced ? state.st_mode & 0777 : options.mode) != 0) {
    return system_error("chmod " + path, errno);
  }
  return {};
}

}  // namespace

struct Builder::Core {
  ~Core() {
    handle.reset();
    if (!temporary.empty()) unlink(temporary.c_str());
  }
  Result<void> put(std::string_view key, std::string_view value, u_int32_t flags, bool& duplicate);

  std::string path;
  std::string temporary;  // empty once it took the place of `path`
  BuildOptions options;
  Handle handle;
};

Builder::Builder(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Builder::~Builder() = default;

Result<std::unique_ptr<Builder>> Builder::create(const std::string& path,
                                                 const BuildOptions& options) {
  auto core = std::make_unique<Core>();
  core->path = path;
  core->options = options;
  const std::string beside = path + ".new." + std::to_string(getpid());
  unlink(beside.c_str());
  auto handle = make_handle();
  if (!handle) return std::unexpected(std::move(handle).error());
  core->handle = std::move(*handle);
  DB* raw = core->handle.get();
  raw->set_cachesize(raw, 0, kCacheBytes, 0);
  if (options.allow_duplicates) raw->set_flags(raw, DB_DUP);
  core->temporary = beside;
  const int code = raw->open(raw, nullptr, beside.c_str(), nullptr, type_of(options.kind),
                             DB_CREATE | DB_EXCL, 0600);
  if (code != 0) return failure("making " + path, code);
  if (auto likened = make_alike(beside, path, options); !likened) {
    return std::unexpected(std::move(likened).error());
  }
  return std::unique_ptr<Builder>(new Builder(std::move(core)));
}

Result<void> Builder::Core::put(std::string_view key, std::string_view value, u_int32_t flags,
                                bool& duplicate) {
  std::string key_bytes(key);
  std::string value_bytes(value);
  if (options.with_nul) {
    key_bytes += '\0';
    value_bytes += '\0';
  }
  DBT key_entry = to_dbt(key_bytes);
  DBT value_entry = to_dbt(value_bytes);
  DB* raw = handle.get();
  const int code = raw->put(raw, nullptr, &key_entry, &value_entry, flags);
  duplicate = code == DB_KEYEXIST;
  if (code != 0 && !duplicate) return failure("writing " + path, code);
  return {};
}

Result<Builder::Added> Builder::add(std::string_view key, std::string_view value) {
  bool duplicate = false;
  const u_int32_t flags = core_->options.allow_duplicates ? 0 : DB_NOOVERWRITE;
  if (auto done = core_->put(key, value, flags, duplicate); !done) {
    return std::unexpected(std::move(done).error());
  }
  return duplicate ? Added::duplicate : Added::yes;
}

Result<void> Builder::replace(std::string_view key, std::string_view value) {
  bool duplicate = false;
  return core_->put(key, value, 0, duplicate);
}

Result<void> Builder::finish() {
  SIGNET_CHECK(core_->handle != nullptr);  // once
  DB* raw = core_->handle.release();
  if (const int code = raw->close(raw, 0); code != 0)
    return failure("writing " + core_->path, code);
  if (auto synced = sync_path(core_->temporary, O_RDONLY); !synced) return synced;
  if (std::rename(core_->temporary.c_str(), core_->path.c_str()) != 0) {
    return system_error("putting " + core_->path + " in its place", errno);
  }
  core_->temporary.clear();
  auto folder = std::filesystem::path(core_->path).parent_path().string();
  return sync_path(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace signet::db
