// The configuration from its file: a .cf as it is, an .mc through m4.
#include "signet/conf/load.h"

#include <utility>

#include "signet/conf/mc.h"
#include "signet/daemon/daemon.h"

namespace signet::daemon {
namespace {

// A .cf has nothing to compile.
Result<conf::Compiled> compile(const ConfigurationSource& source) {
  if (source.file.ends_with(".mc")) return conf::compile_mc(source.file, source.cf_dir);
  auto text = conf::read_text(source.file);
  if (!text) return std::unexpected(std::move(text).error());
  return conf::Compiled{.text = std::move(*text), .warnings = {}};
}

}  // namespace

Result<std::string> configuration_text(const ConfigurationSource& source) {
  auto compiled = compile(source);
  if (!compiled) return std::unexpected(std::move(compiled).error());
  return std::move(compiled->text);
}

Result<conf::Loaded> load_configuration(const ConfigurationSource& source, conf::Purpose purpose) {
  auto compiled = compile(source);
  if (!compiled) return std::unexpected(std::move(compiled).error());
  auto loaded = conf::parse(compiled->text, source.file, source.overrides, purpose);
  if (!loaded) return loaded;
  auto& warnings = loaded->warnings;
  warnings.insert(warnings.begin(), compiled->warnings.begin(), compiled->warnings.end());
  return loaded;
}

}  // namespace signet::daemon
