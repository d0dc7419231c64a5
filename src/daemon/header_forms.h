// H lines of the configuration (confRECEIVED_HEADER, confFROM_HEADER, confMESSAGEID_HEADER): fields
// that the receiving side puts in front of a message in the site's own words.
#pragma once

#include <memory>

#include "daemon/names.h"
#include "signet/receive/options.h"

namespace signet::daemon {

// A field without a form of the site's stays ours.
[[nodiscard]] receive::HeaderForms header_forms(const std::shared_ptr<const conf::Config>& config,
                                                const std::shared_ptr<const Names>& names);

}  // namespace signet::daemon
