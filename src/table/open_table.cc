#include <cerrno>
#include <fstream>
#include <unordered_map>

#include "signet/base/text.h"
#include "signet/db/map.h"
#include "table/file_table.h"

namespace signet::table {
namespace {

using Found = Result<std::optional<std::string>>;

class EmptySource final : public Source {
 public:
  [[nodiscard]] Found find(std::string_view) const override { return std::nullopt; }
};

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

// Columns counted from 0; lines that have too few, empty ones and comments are passed over.
Result<std::shared_ptr<const Source>> read_text(const Spec& spec) {
  errno = 0;
  std::ifstream file(spec.file);
  if (!file) return system_error("opening " + spec.file, errno != 0 ? errno : ENOENT);
  const std::string_view separators =
      spec.delimiter.empty() ? " \t" : std::string_view(spec.delimiter);
  std::unordered_map<std::string, std::string> pairs;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto columns = words(line, separators);
    const auto key = static_cast<std::size_t>(spec.key_column);
    const auto value = static_cast<std::size_t>(spec.value_column);
    if (key >= columns.size() || (value >= columns.size() && !spec.match_only)) continue;
    const std::string name = spec.keep_case ? std::string(columns[key]) : to_lower(columns[key]);
    pairs.emplace(name, value < columns.size() ? std::string(columns[value]) : std::string());
  }
  return std::make_shared<TextSource>(std::move(pairs));
}

}  // namespace

Result<std::shared_ptr<const Table>> open_table(const Spec& spec) {
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
  auto first = open();
  if (!first) {
    if (!spec.optional || first.error().system_code != ENOENT) {
      return std::unexpected(std::move(first).error());
    }
    first = std::make_shared<EmptySource>();
  }
  return std::make_shared<FileTable>(spec, path, std::move(open), std::move(*first));
}

}  // namespace signet::table
