// Takes one message from whoever calls, and hands it over or keeps it in the client queue.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/client_setup.h"
#include "command/message_io.h"
#include "command/submission.h"
#include "signet/maillog/log.h"
#include "signet/submit/message.h"
#include "signet/submit/outbox.h"

namespace signet::command {

struct Caller {
  std::string name;
  std::string full_name;
  uid_t uid = 0;
};

class Clerk final {
 public:
  Clerk(const Submission& order, ClientSetup setup);

  // Both say what went wrong on standard error and give an exit status (sysexits).
  [[nodiscard]] int take_message();
  [[nodiscard]] int run_queue();

 private:
  struct Refusal {
    int status = 0;
    std::string why;
  };
  using FirstOfBody = std::optional<MessageInput::Line>;

  // Each part of taking a message; nothing: it went well.
  std::optional<Refusal> take(MessageInput& input, const Fd& content,
                              clientqueue::Waiting& message);
  std::optional<Refusal> read_header(MessageInput& input, submit::HeaderReader& reader,
                                     FirstOfBody& first_of_body) const;
  std::optional<Refusal> address(clientqueue::Waiting& message,
                                 const std::vector<submit::Field>& fields) const;
  std::optional<Refusal> copy_body(MessageInput& input, FirstOfBody first,
                                   MessageOutput& output) const;
  int finish(clientqueue::Waiting message, const Fd& content);

  [[nodiscard]] submit::Circumstances circumstances(const clientqueue::Waiting& message) const;
  void log_arrival(const clientqueue::Waiting& message, std::string message_id) const;
  [[nodiscard]] std::string whole(std::string_view address) const;
  [[nodiscard]] std::vector<std::string> recipients(const std::vector<submit::Field>& fields) const;
  [[nodiscard]] bool has_gone_too_far(const std::vector<submit::Field>& fields) const;
  [[nodiscard]] std::string sender() const;
  // An address as other hosts see it.
  [[nodiscard]] std::string shown(std::string_view address, policy::Role role,
                                  policy::Place place) const;
  [[nodiscard]] std::string warning(const std::string& sender) const;
  [[nodiscard]] std::string error_mode() const;
  [[nodiscard]] bool is_verbose() const { return order_.verbose || setup_.config.verbose; }

  const Submission& order_;
  ClientSetup setup_;
  Caller caller_;
  std::unique_ptr<maillog::Log> log_;
  std::optional<submit::Outbox> outbox_;
  std::optional<Error> no_queue_;
};

}  // namespace signet::command
