// The part of deliver::Options that comes from options and mailers: whom to ask and how often, when
// to try again, who hears of failures. Start and reload.
#pragma once

#include "daemon/names.h"
#include "signet/base/result.h"
#include "signet/daemon/site.h"

namespace signet::daemon {

// An error: an option names what cannot be.
[[nodiscard]] Result<void> fill_delivery(const conf::Config& config, const SiteParts& parts,
                                         deliver::Options& options);
// ErrorHeader: a text, or the file it names; blocks. One that cannot be read is a remark.
[[nodiscard]] std::string error_header(const conf::Config& config, const Names& names,
                                       maillog::Lines& remarks);

}  // namespace signet::daemon
