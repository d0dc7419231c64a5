// HelpFile: the texts of the HELP command, in sendmail's form: "topic TAB text", of `#vers 2` on
// with $-macros of this host.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/names.h"
#include "signet/base/result.h"
#include "signet/smtp/server_session.h"

namespace signet::daemon {

[[nodiscard]] Result<std::vector<smtp::HelpLine>> read_help_file(const std::string& file,
                                                                 const Names& names);

}  // namespace signet::daemon
