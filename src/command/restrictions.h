// PrivacyOptions about who may see and run a queue. The real user counts: the program may have been
// installed set-group-id.
#pragma once

#include <string>

#include "signet/conf/config.h"

namespace signet::command {

// restrictmailq: root, the owner of the queue's folder and the members of its group.
[[nodiscard]] bool may_see_queue(const conf::Privacy& privacy, const std::string& folder);
// restrictqrun: root and the owner.
[[nodiscard]] bool may_run_queue(const conf::Privacy& privacy, const std::string& folder);
// Say so; the exit status.
int refuse_to_show_queue();
int refuse_to_run_queue();

}  // namespace signet::command
