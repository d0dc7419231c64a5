#include "command/paths.h"

#include <cstdlib>
#include <filesystem>

namespace signet::command {

std::string default_cf_dir() {
  if (const char* named = secure_getenv("SIGNET_CF_DIR")) return named;
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  // build/PRESET/bin/signet stands three folders below cf.
  for (auto folder = program.parent_path(); !failed && folder.has_relative_path();
       folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "cf/m4/cf.m4")) return (folder / "cf").string();
  }
  return "/usr/share/signet/cf";
}

}  // namespace signet::command
