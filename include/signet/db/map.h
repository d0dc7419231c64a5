// Berkeley DB maps on disk, in the form that sendmail's makemap writes and reads: FILE.db, hash or
// btree. Only this room sees Berkeley DB.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "signet/base/open_file.h"
#include "signet/base/result.h"

namespace signet::db {

enum class Kind { hash, btree };

// An open map, read only. find() from any thread.
class Map final {
 public:
  // `path` with its .db. Reads the whole file once, to see that it is sound, and answers from a
  // copy in memory: whoever writes the file in its place disturbs nobody. Only a file above
  // kMostCopied is read where it is, if we may open it. Errors: missing (system_code ENOENT),
  // unreadable, not a map of this kind, damaged, being rebuilt (temporary). `see_key` is told each
  // key but those that are longer than a page, as it is stored.
  using SeeKey = std::function<void(std::string_view key)>;
  [[nodiscard]] static Result<std::unique_ptr<Map>> open(const std::string& path, Kind kind,
                                                         const OpenFile& open_file = open_to_read,
                                                         const SeeKey& see_key = {});
  static constexpr std::uint64_t kMostCopied = 64ULL << 20;
  ~Map();
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  // The key as it stands, tried without and with a NUL behind it (makemap -N), as sendmail does.
  // Errors are temporary.
  [[nodiscard]] Result<std::optional<std::string>> find(std::string_view key) const;
  // All pairs in the file's own order, without trailing NULs; `visit` returns false to stop.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] Result<void> for_each(const Visit& visit) const;

  // As the file holds them, for who edits it: the NUL of makemap -N is part of key and value.
  [[nodiscard]] Result<std::optional<std::string>> find_stored(std::string_view key) const;
  [[nodiscard]] Result<void> for_each_stored(const Visit& visit) const;
  [[nodiscard]] bool allows_duplicates() const;  // made with -d

 private:
  struct Core;
  explicit Map(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

struct BuildOptions {
  Kind kind = Kind::hash;
  bool with_nul = false;          // -N: a NUL behind key and value
  bool allow_duplicates = false;  // -d; find() gives the value that came first
  unsigned mode = 0644;           // of a new file; one that replaces another takes over its mode
  std::optional<uid_t> owner{};   // who gets the file from root; empty: that of the replaced one
};

// Builds FILE.db beside the old one and puts it in its place in one step: readers see the whole old
// or the whole new map. Destroyed without finish(): nothing has changed.
class Builder final {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Builder>> create(const std::string& path,
                                                               const BuildOptions& options);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  enum class Added { yes, duplicate };  // duplicate: the key is there, nothing was changed
  [[nodiscard]] Result<Added> add(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> replace(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> finish();  // syncs, renames, syncs the directory

 private:
  struct Core;
  explicit Builder(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace signet::db
