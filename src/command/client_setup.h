// What the sendmail command lives by when it is a client: submit.cf, or what holds without one.
#pragma once

#include <memory>
#include <string>

#include "command/submission.h"
#include "signet/conf/config.h"
#include "signet/daemon/inspect.h"
#include "signet/maillog/log.h"
#include "signet/submit/outbox.h"

namespace signet::command {

struct ClientSetup {
  conf::Config config;
  submit::OutboxOptions outbox;
  std::string queue_folder;
  daemon::OutgoingAddresses addresses;
  std::optional<clientqueue::Owner> owner;  // of the queue's files, when we are root
};

// Where its mail waits.
[[nodiscard]] std::string client_queue_folder(const conf::Config& config);

// An error has a system code for conf::exit_code().
[[nodiscard]] Result<ClientSetup> client_setup(const Submission& order);
// Null: there is nobody to log to.
[[nodiscard]] std::unique_ptr<maillog::Log> open_client_log(const ClientSetup& setup,
                                                            const std::string& tag);

}  // namespace signet::command
