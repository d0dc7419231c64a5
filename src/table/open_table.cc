// The kinds of map that stand behind a table: Berkeley DB files, and text read into memory.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <unordered_map>

#include "signet/base/text.h"
#include "signet/db/map.h"
#include "table/file_table.h"

namespace signet::table {
namespace {

using Found = Result<std::optional<std::string>>;

class DbSource final : public Source {
 public:
  explicit DbSource(std::unique_ptr<db::Map> map) : map_(std::move(map)) {}
  [[nodiscard]] Found find(std::string_view key) const override { return map_->find(key); }

 private:
  std::unique_ptr<db::Map> map_;
};

class TextSource final : public Source {
 public:
  explicit TextSource(std::unordered_map<std::string, std::string> pairs)
      : pairs_(std::move(pairs)) {}
  [[nodiscard]] Found find(std::string_view key) const override {
    const auto at = pairs_.find(std::string(key));
    if (at == pairs_.end()) return std::nullopt;
    return at->second;
  }

 private:
  std::unordered_map<std::string, std::string> pairs_;
};

Result<std::shared_ptr<const Source>> open_db(const std::string& path, db::Kind kind) {
  auto map = db::Map::open(path, kind);
  if (!map) return std::unexpected(std::move(map).error());
  return std::make_shared<DbSource>(std::move(*map));
}

// Columns counted from 0. White space between columns counts once, a delimiter each time.
std::vector<std::string_view> columns_of(std::string_view line, const std::string& delimiter) {
  if (delimiter.empty()) return words(line, " \t\r");
  if (line.ends_with('\r')) line.remove_suffix(1);
  return split(line, delimiter.front());
}

// Lines that have too few columns, empty ones and comments are passed over; of lines with the same
// key the first counts.
Result<std::shared_ptr<const Source>> read_text(const Spec& spec) {
  std::error_code missing;
  const auto status = std::filesystem::status(spec.file, missing);
  if (!std::filesystem::exists(status)) return system_error("opening " + spec.file, ENOENT);
  if (!std::filesystem::is_regular_file(status)) {
    return permanent("opening " + spec.file + ": not a regular file");
  }
  errno = 0;
  std::ifstream file(spec.file);
  if (!file) return system_error("opening " + spec.file, errno != 0 ? errno : EIO);
  const auto key = static_cast<std::size_t>(spec.key_column);
  const auto value = static_cast<std::size_t>(spec.value_column);
  std::unordered_map<std::string, std::string> pairs;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto columns = columns_of(line, spec.delimiter);
    if (key >= columns.size() || (value >= columns.size() && !spec.match_only)) continue;
    pairs.emplace(spec.keep_case ? std::string(columns[key]) : to_lower(columns[key]),
                  value < columns.size() ? columns[value] : std::string_view());
  }
  if (file.bad()) return system_error("reading " + spec.file, EIO);
  return std::make_shared<TextSource>(std::move(pairs));
}

}  // namespace

Result<std::shared_ptr<const Table>> open_table(const Spec& spec, Clock clock) {
  std::string path = spec.file;
  OpenSource open;
  if (spec.type == "hash" || spec.type == "btree") {
    if (!path.ends_with(".db")) path += ".db";
    const auto kind = spec.type == "hash" ? db::Kind::hash : db::Kind::btree;
    open = [path, kind] { return open_db(path, kind); };
  } else if (spec.type == "text") {
    open = [spec] { return read_text(spec); };
  } else {
    return permanent("unknown type of map: " + spec.type + " (hash, btree and text are known)");
  }
  return FileTable::open(spec, path, std::move(open), std::move(clock));
}

Result<std::shared_ptr<const Table>> open_table(const Spec& spec) {
  return open_table(spec, [] { return std::chrono::steady_clock::now(); });
}

}  // namespace signet::table
