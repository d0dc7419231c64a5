#include "command/queue_listing.h"

#include <sysexits.h>

#include <iostream>
#include <utility>

#include "command/restrictions.h"
#include "signet/conf/load.h"

namespace signet::command {

std::expected<QueueListing, int> read_queue(const daemon::ConfigurationSource& source) {
  const auto loaded = daemon::load_configuration(source);
  if (!loaded) {
    std::cerr << loaded.error().what << '\n';
    return std::unexpected(conf::exit_code(loaded.error()));
  }
  const std::string& directory = loaded->config.queue_directory;
  if (!may_see_queue(loaded->config.privacy, directory)) {
    return std::unexpected(refuse_to_show_queue());
  }
  auto listed = queue::list_journal(directory);
  if (!listed) {
    std::cerr << listed.error().what << '\n';
    const bool may_pass = listed.error().kind == ErrorKind::temporary;
    return std::unexpected(may_pass ? EX_TEMPFAIL : EX_NOPERM);
  }
  return QueueListing{directory, std::move(*listed)};
}

}  // namespace signet::command
