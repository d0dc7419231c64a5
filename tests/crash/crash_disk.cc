#include "crash/crash_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace signet::test {
namespace {

constexpr std::uint64_t kNever = ~0ULL;

struct Write {
  enum class What { octets, truncate, reserve } what;
  std::uint64_t offset;  // or the new size
  std::string octets;
};

void put(std::string& text, const Write& write) {
  switch (write.what) {
    case Write::What::octets:
      if (text.size() < write.offset + write.octets.size()) {
        text.resize(write.offset + write.octets.size(), '\0');
      }
      text.replace(write.offset, write.octets.size(), write.octets);
      break;
    case Write::What::truncate:
      text.resize(write.offset, '\0');
      break;
    case Write::What::reserve:
      if (text.size() < write.offset) text.resize(write.offset, '\0');
      break;
  }
}

struct Inode {
  void write(Write write) {
    put(now, write);
    pending.push_back(std::move(write));
  }
  std::string now;
  std::string stable;
  std::vector<Write> pending;  // between stable and now
};

using Names = std::map<std::string, std::shared_ptr<Inode>>;

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

struct CrashDisk::State {
  // Counts one changing operation; an error if it is to fail.
  Result<void> step(const char* what) {
    const auto number = ++operations;
    if (number >= power_until) {
      dead = true;
      return system_error(what, EIO);
    }
    if (number >= fail_from && number < fail_to) {
      ++faults;
      return system_error(what, fail_code);
    }
    return {};
  }
  [[nodiscard]] Result<void> alive(const char* what) const {
    if (dead) return system_error(what, EIO);
    return {};
  }
  [[nodiscard]] bool is_directory(const std::string& path) const {
    return directories.contains(path);
  }

  mutable std::mutex mutex;
  Names names;
  Names stable_names;
  std::set<std::string> directories{""};
  std::set<std::string> stable_directories{""};
  std::set<std::string> locked;
  std::uint64_t operations = 0;
  std::uint64_t faults = 0;
  std::uint64_t syncs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t power_until = kNever;
  std::uint64_t fail_from = kNever;
  std::uint64_t fail_to = kNever;
  int fail_code = 0;
  bool full = false;
  bool dead = false;
};

namespace {

using Disk = std::shared_ptr<CrashDisk::State>;

class CrashFile final : public queue::File {
 public:
  CrashFile(Disk disk, std::shared_ptr<Inode> inode, std::string lock)
      : disk_(std::move(disk)), inode_(std::move(inode)), lock_(std::move(lock)) {}
  ~CrashFile() override {
    const std::scoped_lock lock(disk_->mutex);
    disk_->locked.erase(lock_);
  }
  CrashFile(const CrashFile&) = delete;
  CrashFile& operator=(const CrashFile&) = delete;

  Result<void> write_at(std::uint64_t offset, std::string_view octets) override {
    const std::scoped_lock lock(disk_->mutex);
    const bool was_dead = disk_->dead;
    auto done = disk_->step("write");
    if (disk_->full && offset + octets.size() > inode_->now.size()) {
      return system_error("write", ENOSPC);
    }
    // A write that fails has done a part of its work.
    const auto count = done ? octets.size() : was_dead ? 0 : octets.size() / 2;
    disk_->bytes += count;
    inode_->write({Write::What::octets, offset, std::string(octets.substr(0, count))});
    return done;
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    const std::scoped_lock lock(disk_->mutex);
    if (auto alive = disk_->alive("read"); !alive) return std::unexpected(alive.error());
    const auto& text = inode_->now;
    if (offset >= text.size()) return 0U;
    const auto count = std::min<std::uint64_t>(into.size(), text.size() - offset);
    std::memcpy(into.data(), text.data() + offset, count);
    return count;
  }
  Result<std::uint64_t> size() const override {
    const std::scoped_lock lock(disk_->mutex);
    if (auto alive = disk_->alive("stat"); !alive) return std::unexpected(alive.error());
    return inode_->now.size();
  }
  Result<void> sync() override {
    const std::scoped_lock lock(disk_->mutex);
    const bool was_dead = disk_->dead;
    auto done = disk_->step("fdatasync");
    ++disk_->syncs;
    if (done) {
      for (const auto& write : inode_->pending) put(inode_->stable, write);
    }
    // After a failed sync the kernel calls the pages clean: a later sync does not write them. But
    // at a power cut nobody knows how far it had come.
    if (done || (!was_dead && !disk_->dead)) inode_->pending.clear();
    return done;
  }
  Result<void> truncate(std::uint64_t size) override {
    return change({Write::What::truncate, size, {}}, "truncate");
  }
  Result<void> reserve(std::uint64_t size) override {
    return change({Write::What::reserve, size, {}}, "reserve");
  }

 private:
  Result<void> change(Write write, const char* what) {
    const std::scoped_lock lock(disk_->mutex);
    if (auto done = disk_->step(what); !done) return done;
    if (disk_->full && write.offset > inode_->now.size()) return system_error(what, ENOSPC);
    inode_->write(std::move(write));
    return {};
  }
  Disk disk_;
  std::shared_ptr<Inode> inode_;
  std::string lock_;
};

class CrashFileSystem final : public queue::FileSystem {
 public:
  explicit CrashFileSystem(Disk disk) : disk_(std::move(disk)) {}

  Result<std::unique_ptr<queue::File>> open(const std::string& path, queue::Open how) override {
    const std::scoped_lock lock(disk_->mutex);
    auto found = disk_->names.find(path);
    const bool makes =
        how == queue::Open::create || (how == queue::Open::lock && found == disk_->names.end());
    auto done = makes ? disk_->step("create") : disk_->alive("open");
    if (!done) return std::unexpected(done.error());
    if (how == queue::Open::create && found != disk_->names.end()) {
      return system_error("creating " + path, EEXIST);
    }
    if (makes) {
      if (!disk_->is_directory(parent_of(path))) return system_error("creating " + path, ENOENT);
      found = disk_->names.emplace(path, std::make_shared<Inode>()).first;
    }
    if (found == disk_->names.end()) return system_error("opening " + path, ENOENT);
    const bool locks = how == queue::Open::lock;
    if (locks && !disk_->locked.insert(path).second) {
      return system_error("locking " + path, EWOULDBLOCK);
    }
    return std::make_unique<CrashFile>(disk_, found->second, locks ? path : "");
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    const std::scoped_lock lock(disk_->mutex);
    if (auto alive = disk_->alive("list"); !alive) return std::unexpected(alive.error());
    if (!disk_->is_directory(directory)) return system_error("listing " + directory, ENOENT);
    std::vector<std::string> found;
    const auto add = [&](const std::string& path) {
      if (path != directory && parent_of(path) == directory) {
        found.push_back(path.substr(directory.size() + 1));
      }
    };
    for (const auto& [path, inode] : disk_->names) add(path);
    for (const auto& path : disk_->directories) add(path);
    return found;
  }

  Result<void> remove(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    if (auto done = disk_->step("remove"); !done) return done;
    if (disk_->names.erase(path) + disk_->directories.erase(path) == 0) {
      return system_error("removing " + path, ENOENT);
    }
    return {};
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    const std::scoped_lock lock(disk_->mutex);
    if (auto done = disk_->step("rename"); !done) return done;
    if (!disk_->is_directory(from) && !disk_->names.contains(from)) {
      return system_error("renaming " + from, ENOENT);
    }
    move_names(disk_->names, from, to);
    move_directories(disk_->directories, from, to);
    // The names below a directory are its own: they move with it, whether it lasts or not.
    if (disk_->is_directory(to)) renamed_[to] = from;
    return {};
  }

  Result<void> link(const std::string& from, const std::string& to) override {
    const std::scoped_lock lock(disk_->mutex);
    if (auto done = disk_->step("link"); !done) return done;
    const auto found = disk_->names.find(from);
    if (found == disk_->names.end()) return system_error("linking " + from, ENOENT);
    if (!disk_->names.emplace(to, found->second).second)
      return system_error("linking " + to, EEXIST);
    return {};
  }

  Result<void> make_directory(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    if (disk_->is_directory(path)) return disk_->alive("mkdir");
    if (auto done = disk_->step("mkdir"); !done) return done;
    disk_->directories.insert(path);
    return {};
  }

  Result<void> sync_directory(const std::string& directory) override {
    const std::scoped_lock lock(disk_->mutex);
    if (auto done = disk_->step("fsync directory"); !done) return done;
    ++disk_->syncs;
    const auto inside = [&](const std::string& path) {
      return path != directory && parent_of(path) == directory;
    };
    for (const auto& [to, from] : renamed_) {
      if (!inside(to)) continue;
      move_names(disk_->stable_names, from, to);
      move_directories(disk_->stable_directories, from, to);
    }
    std::erase_if(renamed_, [&](const auto& one) { return inside(one.first); });
    std::erase_if(disk_->stable_names, [&](const auto& one) { return inside(one.first); });
    for (const auto& one : disk_->names) {
      if (inside(one.first)) disk_->stable_names.insert(one);
    }
    std::erase_if(disk_->stable_directories, inside);
    for (const auto& path : disk_->directories) {
      if (inside(path)) disk_->stable_directories.insert(path);
    }
    return {};
  }

  std::uint64_t free_bytes(const std::string&) override { return 1ULL << 30; }

 private:
  static void move_names(Names& names, const std::string& from, const std::string& to) {
    Names moved;
    for (const auto& [path, inode] : names) {
      const bool below = path == from || path.starts_with(from + "/");
      moved[below ? to + path.substr(from.size()) : path] = inode;
    }
    names = std::move(moved);
  }
  static void move_directories(std::set<std::string>& paths, const std::string& from,
                               const std::string& to) {
    std::set<std::string> moved;
    for (const auto& path : paths) {
      const bool below = path == from || path.starts_with(from + "/");
      moved.insert(below ? to + path.substr(from.size()) : path);
    }
    paths = std::move(moved);
  }

  Disk disk_;
  std::map<std::string, std::string> renamed_;  // directories, to -> from, not yet synced
};

// What a power cut leaves of one file.
std::string remains(const Inode& inode, Survives survives, std::mt19937& random) {
  switch (survives) {
    case Survives::nothing:
      return inode.stable;
    case Survives::everything:
      return inode.now;
    case Survives::torn:
    case Survives::some:
      break;
  }
  std::string text = inode.stable;
  for (std::size_t i = 0; i < inode.pending.size(); ++i) {
    auto write = inode.pending[i];
    const bool last = i + 1 == inode.pending.size();
    if (survives == Survives::some && random() % 2 == 0) continue;
    if (survives == Survives::some || last) {
      const auto length = write.octets.empty() ? 0 : random() % (write.octets.size() + 1);
      // Sectors reach the disk in any order: a part may be missing at either end.
      if (survives == Survives::some && random() % 2 == 0) {
        write.offset += write.what == Write::What::octets ? write.octets.size() - length : 0;
        write.octets.erase(0, write.octets.size() - length);
      } else {
        write.octets.resize(length);
      }
    }
    put(text, write);
  }
  return text;
}

}  // namespace

CrashDisk::CrashDisk() : state_(std::make_shared<State>()) {}

std::unique_ptr<queue::FileSystem> CrashDisk::boot() {
  const std::scoped_lock lock(state_->mutex);
  state_->operations = 0;
  state_->syncs = 0;
  state_->bytes = 0;
  return std::make_unique<CrashFileSystem>(state_);
}

void CrashDisk::cut_power_at(std::uint64_t operation) {
  const std::scoped_lock lock(state_->mutex);
  state_->power_until = operation;
}

void CrashDisk::fail_at(std::uint64_t operation, int code, std::uint64_t times) {
  const std::scoped_lock lock(state_->mutex);
  state_->fail_from = operation;
  state_->fail_to = operation + times;
  state_->fail_code = code;
}

void CrashDisk::fill() {
  const std::scoped_lock lock(state_->mutex);
  state_->full = true;
}

void CrashDisk::heal() {
  fail_at(kNever, 0, 0);
  const std::scoped_lock lock(state_->mutex);
  state_->full = false;
}

std::uint64_t CrashDisk::operations() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->operations;
}

bool CrashDisk::dead() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->dead;
}

std::uint64_t CrashDisk::faults() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->faults;
}

std::uint64_t CrashDisk::syncs() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->syncs;
}

std::uint64_t CrashDisk::bytes_written() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->bytes;
}

std::unique_ptr<CrashDisk> CrashDisk::crash(Survives survives, std::uint32_t seed) const {
  const std::scoped_lock lock(state_->mutex);
  std::mt19937 random(seed);
  auto after = std::make_shared<State>();
  const bool strict = survives == Survives::nothing;
  after->directories = strict ? state_->stable_directories : state_->directories;
  Names names = strict ? state_->stable_names : state_->names;
  if (survives == Survives::some) {
    for (const auto& one : state_->names) {
      if (!state_->stable_names.contains(one.first) && random() % 2 == 0) names.erase(one.first);
    }
    for (const auto& one : state_->stable_names) {
      const bool back = !state_->names.contains(one.first) && random() % 2 == 0;
      if (back && after->directories.contains(parent_of(one.first))) names.insert(one);
    }
  }
  std::map<Inode*, std::shared_ptr<Inode>> copies;  // hard links stay links
  for (const auto& [path, inode] : names) {
    auto& copy = copies[inode.get()];
    if (!copy) {
      copy = std::make_shared<Inode>();
      copy->now = copy->stable = remains(*inode, survives, random);
    }
    after->names[path] = copy;
  }
  after->stable_names = after->names;
  after->stable_directories = after->directories;
  return std::unique_ptr<CrashDisk>(new CrashDisk(std::move(after)));
}

std::string CrashDisk::read(const std::string& path) const {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->names.find(path);
  return found == state_->names.end() ? "" : found->second->now;
}

void CrashDisk::damage(const std::string& path, std::uint64_t offset) {
  const std::scoped_lock lock(state_->mutex);
  auto& inode = *state_->names.at(path);
  inode.now.at(offset) = static_cast<char>(inode.now.at(offset) ^ 1);
  inode.stable = inode.now;
}

std::vector<std::string> CrashDisk::files() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> all;
  for (const auto& [path, inode] : state_->names) all.push_back(path);
  return all;
}

}  // namespace signet::test
