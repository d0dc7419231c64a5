#include "command/map_faces.h"

#include <cerrno>
#include <fstream>

namespace signet::command {

std::optional<db::Kind> map_kind(std::string_view type) {
  if (type == "hash" || type == "implicit") return db::Kind::hash;
  if (type == "btree") return db::Kind::btree;
  return std::nullopt;
}

std::string map_file(std::string_view name) {
  std::string path(name);
  if (!path.ends_with(".db")) path += ".db";
  return path;
}

std::string open_failure(const Error& error) {
  return error.system_code != 0 ? error_text(error.system_code) : error.what;
}

std::optional<std::string> missing_cf(const std::string& file) {
  errno = 0;
  if (const std::ifstream cf(file); cf) return std::nullopt;
  return file + ": " + error_text(errno != 0 ? errno : EIO);
}

}  // namespace signet::command
