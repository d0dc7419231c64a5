// A way of mail as sendmail shows it: mailer, host and user.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace signet::command {

// "mailer cyrus, host work, user carol"; without a host that is empty.
[[nodiscard]] inline std::string mailer_words(std::string_view mailer, std::string_view host,
                                              std::string_view user) {
  if (host.empty()) return fmt::format("mailer {}, user {}", mailer, user);
  return fmt::format("mailer {}, host {}, user {}", mailer, host, user);
}

}  // namespace signet::command
