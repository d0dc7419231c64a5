#include "command/open_site.h"

#include <sysexits.h>

#include <iostream>
#include <utility>

#include "signet/conf/load.h"

namespace signet::command {

std::expected<std::shared_ptr<const daemon::Site>, int> open_site(
    const daemon::ConfigurationSource& source) {
  auto loaded = daemon::load_configuration(source);
  if (!loaded) {
    std::cerr << loaded.error().what << '\n';
    return std::unexpected(conf::exit_code(loaded.error()));
  }
  auto site = daemon::make_site(std::make_shared<const conf::Config>(std::move(loaded->config)),
                                daemon::SiteParts());
  if (!site) {
    std::cerr << site.error().what << '\n';
    return std::unexpected(EX_CONFIG);
  }
  return std::move(*site);
}

}  // namespace signet::command
