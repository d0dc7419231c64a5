#include "command/map_faces.h"

#include <sysexits.h>

#include <cerrno>
#include <fstream>
#include <ostream>

namespace signet::command {
namespace {

std::optional<db::Kind> map_kind(std::string_view type) {
  if (type == "hash" || type == "implicit") return db::Kind::hash;
  if (type == "btree") return db::Kind::btree;
  return std::nullopt;
}

}  // namespace

std::string map_file(std::string_view name) {
  std::string path(name);
  if (!path.ends_with(".db")) path += ".db";
  return path;
}

std::string open_failure(const Error& error) {
  return error.system_code != 0 ? error_text(error.system_code) : error.what;
}

int cannot_open(const NamedMap& map, std::string_view why, std::ostream& err) {
  err << map.program << ": error opening type " << map.type << " map " << map.name << ": " << why
      << '\n';
  return EX_CANTCREAT;
}

int cannot_write(const NamedMap& map, const Error& error, std::ostream& err) {
  err << map.program << ": " << map.name << ": " << error.what << '\n';
  return EX_IOERR;
}

std::expected<db::Kind, int> kind_of(const NamedMap& map, const std::optional<std::string>& cf,
                                     std::ostream& err) {
  errno = 0;
  if (cf && !std::ifstream(*cf)) {
    const int code = errno != 0 ? errno : EIO;
    err << map.program << ": " << *cf << ": " << error_text(code) << '\n';
    return std::unexpected(EX_NOINPUT);
  }
  const auto kind = map_kind(map.type);
  if (!kind) return std::unexpected(cannot_open(map, "Unknown database type", err));
  return *kind;
}

}  // namespace signet::command
