#include "command/paths.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace signet::command {

std::string default_cf_dir() {
  if (const char* named = secure_getenv("SIGNET_CF_DIR")) return named;
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  // build/PRESET/bin/signet stands three folders below cf, PREFIX/sbin/signet beside share.
  for (auto folder = program.parent_path(); !failed && folder.has_relative_path();
       folder = folder.parent_path()) {
    for (const auto* place : {"cf", "share/signet/cf"}) {
      if (std::filesystem::exists(folder / place / "m4/cf.m4")) return (folder / place).string();
    }
  }
  return "/usr/share/signet/cf";
}

std::string drop_program() {
  std::error_code failed;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  for (const auto& place : {folder, folder.parent_path() / "lib/signet"}) {
    auto program = (place / "signet-drop").string();
    if (!failed && access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

}  // namespace signet::command
