// sendmail's $-macros as this host defines them: $j $w $m $v $Z $b and those of a session.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/conf/config.h"
#include "signet/mail/facts.h"

namespace signet::daemon {

struct Names {
  std::string host;                    // $j: canonical name
  std::string nick;                    // $w: first part
  std::string domain;                  // $m: the rest
  std::string version;                 // $v
  std::string cf_version;              // $Z
  std::vector<std::string> addresses;  // of our interfaces, "[192.0.2.1]" as in class w
};

// Asks the system for its name where the configuration does not say (DOMAIN_NAME). Blocks.
[[nodiscard]] Names make_names(const conf::Config& config);
// What is defined for all sessions: $j $w $m $v $Z, and the site's own. Empty: not defined.
[[nodiscard]] std::optional<std::string> site_macro(const conf::Config& config, const Names& names,
                                                    std::string_view name);
// $n at this host, unless it says where: the author of reports.
[[nodiscard]] std::string mailer_address(const conf::Config& config, const std::string& host);
// A text of the configuration with $j $w $m $v $Z and the site's own macros expanded.
[[nodiscard]] std::string expand_names(const conf::Config& config, const Names& names,
                                       std::string_view text);
// Behind "220 ": the greeting with its macros expanded and "ESMTP" behind its first word.
[[nodiscard]] std::string greeting_text(const conf::Config& config, const Names& names,
                                        const mail::PeerFacts& peer, WallTime now);

}  // namespace signet::daemon
