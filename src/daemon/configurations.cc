#include "daemon/configurations.h"

#include <algorithm>
#include <utility>

#include "daemon/reload.h"
#include "daemon/site_tls.h"
#include "signet/base/open_file.h"
#include "signet/maillog/log.h"
#include "signet/tls/context.h"

namespace signet::daemon {
namespace {

// A file of the map or of those that a sequence names, or its password.
bool is_file_of(const conf::MapSpec& map, std::string_view path) {
  if (path.empty()) return false;
  return path == map.file || path == map.file + ".db" || path == map.ldap.secret_file ||
         std::ranges::any_of(map.maps, [&](const auto& one) { return is_file_of(one, path); });
}

bool names_map(const conf::Config& config, std::string_view path) {
  return std::ranges::any_of(config.features,
                             [&](const conf::Feature& feature) {
                               return feature.map && is_file_of(*feature.map, path);
                             }) ||
         std::ranges::any_of(config.maps,
                             [&](const conf::Map& map) { return is_file_of(map.spec, path); }) ||
         std::ranges::any_of(config.aliases,
                             [&](const conf::MapSpec& map) { return is_file_of(map, path); }) ||
         std::ranges::any_of(config.class_maps,
                             [&](const conf::ClassMap& map) { return is_file_of(map.spec, path); });
}

}  // namespace

Result<conf::Warnings> Configurations::begin() {
  auto loaded = load_configuration(source_);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  if (const auto* client = loaded->config.feature("msp"); client != nullptr) {
    return permanent(client->at.to_string() +
                     ": FEATURE(`msp') is for the sendmail command; sendmail -Ac -q30m runs its "
                     "queue");
  }
  start_ = std::make_shared<const conf::Config>(std::move(loaded->config));
  in_use_ = start_;
  return std::move(loaded->warnings);
}

Result<std::string> Configurations::reread() {
  auto text = configuration_text(source_);
  if (!text) return text;
  auto loaded = conf::parse(*text, source_.file, source_.overrides);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  keep_what_is_fixed(loaded->config, *start_);  // the engine reports what waits for a restart
  trial_ = std::make_shared<const conf::Config>(std::move(loaded->config));
  return text;
}

void Configurations::on_taken() {
  if (trial_) in_use_ = std::exchange(trial_, nullptr);
}

Result<Secret> Configurations::key(const std::string& path, unsigned owner) const {
  const auto named = [&](const std::vector<std::string>& files) {
    return std::ranges::find(files, path) != files.end();
  };
  const conf::Config& config = *newest();  // keys are read at a reload only
  const bool by_name = std::ranges::any_of(config.tls.server_names,
                                           [&](const auto& one) { return one.files.key == path; });
  if (!by_name && !named(config.tls.server_keys) && !named(config.tls.client_keys)) {
    return permanent(path + " is no key file of the configuration");
  }
  auto read = tls::read_key_file(path, file_rules(config, owner));
  if (!read.text) return permanent(read.complaint.reason);
  return std::move(*read.text);
}

Result<Fd> Configurations::map(const std::string& path) const {
  if (!names_map(*in_use_, path) && !names_map(*newest(), path)) {
    return permanent(path + " is no map of the configuration");
  }
  return open_to_read(path);
}

Result<Fd> Configurations::log(const std::string& path) const {
  if (path != start_->log_target.file) return permanent(path + " is no log of the configuration");
  return maillog::open_log_file(path);
}

}  // namespace signet::daemon
