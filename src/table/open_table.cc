// The kinds of map that stand behind a table: Berkeley DB files, and text read into memory.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <unordered_map>
#include <utility>

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

Result<std::shared_ptr<const Source>> open_db(const std::string& path, db::Kind kind,
                                              const OpenFile& open_file) {
  auto map = db::Map::open(path, kind, open_file);
  if (!map) return std::unexpected(std::move(map).error());
  return std::make_shared<DbSource>(std::move(*map));
}

Result<std::string> read_all(const Fd& file, const std::string& path) {
  std::string text;
  std::array<char, 64 * 1024> piece{};
  while (true) {
    const auto got = read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("reading " + path, errno);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

// Columns counted from 0. White space between columns counts once, a delimiter each time.
std::vector<std::string_view> columns_of(std::string_view line, const std::string& delimiter) {
  if (delimiter.empty()) return words(line, " \t\r");
  if (line.ends_with('\r')) line.remove_suffix(1);
  return split(line, delimiter.front());
}

// Lines that have too few columns, empty ones and comments are passed over; of lines with the same
// key the first counts.
Result<std::shared_ptr<const Source>> read_text(const Spec& spec, const OpenFile& open_file) {
  const auto file = open_file(spec.file);
  if (!file) return std::unexpected(file.error());
  const auto text = read_all(*file, spec.file);
  if (!text) return std::unexpected(text.error());
  const auto key = static_cast<std::size_t>(spec.key_column);
  const auto value = static_cast<std::size_t>(spec.value_column);
  std::unordered_map<std::string, std::string> pairs;
  for (const auto line : split(*text, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const auto columns = columns_of(line, spec.delimiter);
    if (key >= columns.size() || (value >= columns.size() && !spec.match_only)) continue;
    pairs.emplace(spec.keep_case ? std::string(columns[key]) : to_lower(columns[key]),
                  value < columns.size() ? columns[value] : std::string_view());
  }
  return std::make_shared<TextSource>(std::move(pairs));
}

}  // namespace

Result<std::shared_ptr<const Table>> open_table(const Spec& spec, Upkeep upkeep, Clock clock) {
  std::string path = spec.file;
  OpenSource open;
  if (spec.type == "hash" || spec.type == "btree") {
    if (!path.ends_with(".db")) path += ".db";
    const auto kind = spec.type == "hash" ? db::Kind::hash : db::Kind::btree;
    open = [path, kind, how = upkeep.open_file] { return open_db(path, kind, how); };
  } else if (spec.type == "text") {
    open = [spec, how = upkeep.open_file] { return read_text(spec, how); };
  } else {
    return permanent("unknown type of map: " + spec.type + " (hash, btree and text are known)");
  }
  return FileTable::open(spec, path, std::move(open), std::move(upkeep), std::move(clock));
}

Result<std::shared_ptr<const Table>> open_table(const Spec& spec, Upkeep upkeep) {
  return open_table(spec, std::move(upkeep), [] { return std::chrono::steady_clock::now(); });
}

}  // namespace signet::table
