// A= of a mailer that is a program: the words of the configuration with what is known of the mail
// filled in. Each word becomes one argument, whatever stands in it: no shell reads them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/agent/options.h"

namespace signet::agent {

struct MailerParts {
  std::string user;           // $u
  std::string host;           // $h
  std::string sender = {};    // $f, $g; empty: <>
  std::string own_host = {};  // $j
  std::string own_nick = {};  // $w
};

// Host and user as the flags of the mailer want them: h and u keep their case, s takes quotes off.
[[nodiscard]] MailerParts parts_for(const MailerProgram& mailer, std::string_view host,
                                    std::string_view user);

// Empty: what the mail says stands where the program looks for options, and would be one.
[[nodiscard]] std::optional<std::vector<std::string>> mailer_arguments(const MailerProgram& mailer,
                                                                       const MailerParts& parts);

}  // namespace signet::agent
