// Letters that the agent hands to programs. As whoever runs them: rights are taken on before (but
// for mailers of the site, which name theirs themselves). Blocking.
#pragma once

#include <string>

#include "agent/letter.h"
#include "agent/rights.h"

namespace signet::agent {

// "|command", through Mprog.
[[nodiscard]] deliver::LocalResult to_command(HeldLetter& letter, const Rights& rights);
// The program decides which mailbox of the user it is.
[[nodiscard]] deliver::LocalResult to_local_program(HeldLetter& letter, const MailerProgram& mailer,
                                                    const std::string& detail,
                                                    const Rights& rights);
// The mailer that the head names; it becomes who runs it.
[[nodiscard]] deliver::LocalResult to_site_mailer(HeldLetter& letter);

}  // namespace signet::agent
