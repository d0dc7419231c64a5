// The site that a configuration makes, for commands that ask it questions.
#pragma once

#include <expected>
#include <memory>

#include "signet/daemon/daemon.h"
#include "signet/daemon/site.h"

namespace signet::command {

// Fails: with the exit code, when standard error has been told why.
[[nodiscard]] std::expected<std::shared_ptr<const daemon::Site>, int> open_site(
    const daemon::ConfigurationSource& source);

}  // namespace signet::command
