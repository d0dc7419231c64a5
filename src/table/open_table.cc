// The kinds of map that stand behind a table: Berkeley DB files, text read into memory, regular
// expressions, other programs, DNS, directories, several one behind another.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include "signet/base/text.h"
#include "signet/db/map.h"
#include "table/dns_table.h"
#include "table/file_table.h"
#include "table/ldap_table.h"
#include "table/regex_table.h"
#include "table/socket_table.h"

namespace signet::table {
namespace {

using Found = Result<std::optional<std::string>>;

class DbSource final : public Source {
 public:
  DbSource(std::unique_ptr<db::Map> map, const Networks& networks)
      : map_(std::move(map)), networks_(networks) {}
  [[nodiscard]] Found find(std::string_view key) const override { return map_->find(key); }
  [[nodiscard]] Networks networks() const override { return networks_; }

 private:
  std::unique_ptr<db::Map> map_;
  const Networks networks_;
};

class TextSource final : public Source {
 public:
  explicit TextSource(std::unordered_map<std::string, std::string> pairs)
      : pairs_(std::move(pairs)) {
    for (const auto& [key, value] : pairs_) networks_.note(key);
  }
  [[nodiscard]] Found find(std::string_view key) const override {
    const auto at = pairs_.find(std::string(key));
    if (at == pairs_.end()) return std::nullopt;
    return at->second;
  }
  [[nodiscard]] Networks networks() const override { return networks_; }

 private:
  std::unordered_map<std::string, std::string> pairs_;
  Networks networks_;
};

Result<std::shared_ptr<const Source>> open_db(const std::string& path, db::Kind kind,
                                              const OpenFile& open_file) {
  Networks networks;
  auto map = db::Map::open(path, kind, open_file,
                           [&networks](std::string_view key) { networks.note(key); });
  if (!map) return std::unexpected(std::move(map).error());
  return std::make_shared<DbSource>(std::move(*map), networks);
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

class NullTable final : public Table {
 public:
  [[nodiscard]] Found find(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] std::string_view name() const override { return "null:"; }
};

// -t
class ForgivingTable final : public Table {
 public:
  explicit ForgivingTable(std::shared_ptr<const Table> table) : table_(std::move(table)) {}
  [[nodiscard]] Found find(std::string_view key) const override {
    auto found = table_->find(key);
    if (!found) return std::nullopt;
    return found;
  }
  [[nodiscard]] std::string_view name() const override { return table_->name(); }
  [[nodiscard]] Networks networks() const override { return table_->networks(); }
  [[nodiscard]] bool waits() const override { return table_->waits(); }

 private:
  std::shared_ptr<const Table> table_;
};

// A member that cannot be asked ends the search, as in sendmail: it might have known.
class SequenceTable final : public Table {
 public:
  explicit SequenceTable(std::vector<std::shared_ptr<const Table>> tables)
      : tables_(std::move(tables)) {
    for (const auto& table : tables_) {
      name_ += name_.empty() ? "sequence:" : ",";
      name_ += table->name();
    }
  }
  [[nodiscard]] Found find(std::string_view key) const override {
    for (const auto& table : tables_) {
      auto found = table->find(key);
      if (!found || *found) return found;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] Networks networks() const override {
    Networks all;
    for (const auto& table : tables_) all |= table->networks();
    return all;
  }
  [[nodiscard]] bool waits() const override {
    return std::ranges::any_of(tables_, [](const auto& table) { return table->waits(); });
  }

 private:
  std::vector<std::shared_ptr<const Table>> tables_;
  std::string name_;
};

using Opened = Result<std::shared_ptr<const Table>>;

Opened open_sequence(const Spec& spec, const Upkeep& upkeep, const Clock& clock) {
  std::vector<std::shared_ptr<const Table>> tables;
  for (const auto& one : spec.maps) {
    auto opened = open_table(one, upkeep, clock);
    if (!opened) return opened;
    tables.push_back(std::move(*opened));
  }
  return std::make_shared<SequenceTable>(std::move(tables));
}

Opened open_file_table(const Spec& spec, const Upkeep& upkeep, const Clock& clock) {
  std::string path = spec.file;
  OpenSource open;
  if (spec.type == "text") {
    open = [spec, how = upkeep.open_file] { return read_text(spec, how); };
  } else {
    if (!path.ends_with(".db")) path += ".db";
    const auto kind = spec.type == "hash" ? db::Kind::hash : db::Kind::btree;
    open = [path, kind, how = upkeep.open_file] { return open_db(path, kind, how); };
  }
  return FileTable::open(spec, path, std::move(open), upkeep, clock);
}

Opened open_kind(const Spec& spec, const Upkeep& upkeep, const Clock& clock) {
  if (spec.type == "hash" || spec.type == "btree" || spec.type == "text") {
    return open_file_table(spec, upkeep, clock);
  }
  if (spec.type == "regex") return make_regex_table(spec);
  if (spec.type == "sequence") return open_sequence(spec, upkeep, clock);
  if (spec.type == "socket") return make_socket_table(spec, upkeep, clock);
  if (spec.type == "dns") return make_dns_table(spec, upkeep, clock);
  if (spec.type == "ldap") return make_ldap_table(spec, upkeep, clock);
  if (spec.type == "null") return std::make_shared<NullTable>();
  return permanent("unknown type of map: " + spec.type);
}

}  // namespace

Result<std::shared_ptr<const Table>> open_table(const Spec& spec, Upkeep upkeep, Clock clock) {
  auto opened = open_kind(spec, upkeep, clock);
  if (!opened || !spec.failure_is_none) return opened;
  return std::make_shared<ForgivingTable>(std::move(*opened));
}

Result<std::shared_ptr<const Table>> open_table(const Spec& spec, Upkeep upkeep) {
  return open_table(spec, std::move(upkeep), [] { return std::chrono::steady_clock::now(); });
}

}  // namespace signet::table
