// What becomes of a message that the sendmail command has taken: handed to the MTA, kept in the
// client queue, or refused and reported to its sender. Blocks.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/clientqueue/client_queue.h"
#include "signet/maillog/lines.h"
#include "signet/submit/hand_over.h"

namespace signet::submit {

using clientqueue::ClientQueue;

struct OutboxOptions {
  Mta mta;
  std::string host;                                             // $j
  std::string version;                                          // "$v/$Z"
  std::chrono::seconds give_up_after{std::chrono::hours(120)};  // Timeout.queuereturn
  bool reports_name_actual_recipient = true;
  std::function<void(const maillog::Line&)> log;  // may be empty
  std::function<void(std::string_view)> tell;     // -v; may be empty
  // Keeps what must wait when we have no queue; may be empty. Ok: it is on disk.
  std::function<Result<void>(const Waiting&, const Fd& content)> deposit;
};

enum class Attempt { now, at_queue_run };
enum class Refusals { mail_back, keep_quiet };  // -oeq

struct Settled {
  std::vector<RecipientFate> refused;
  std::size_t taken = 0;
  std::size_t waiting = 0;
};

class Outbox final {
 public:
  // Without a queue, what must wait is deposited.
  Outbox(OutboxOptions options, std::optional<ClientQueue> queue);

  [[nodiscard]] std::string new_id(WallTime now);
  // Where the content of message `id` is written to.
  [[nodiscard]] Result<Fd> begin(const std::string& id);
  // When this succeeds, nobody else needs to care for the message. An error: it is nowhere.
  [[nodiscard]] Result<Settled> settle(Waiting message, const Fd& content, Attempt attempt,
                                       Refusals refusals);
  // Thrown away before it was settled.
  void discard(const std::string& id);
  // Tries all that wait. An error: the queue cannot be read.
  [[nodiscard]] Result<void> run_queue();

 private:
  enum class Origin { new_message, queued };
  [[nodiscard]] Result<Settled> carry_on(Waiting message, const Fd& content, Origin origin,
                                         const HandedOver& done, Refusals refusals);
  [[nodiscard]] Result<void> keep(const Waiting& message, const Fd& content, Origin origin);
  [[nodiscard]] bool try_queued(const std::string& id);
  void report(const Waiting& message, const Fd& content, const std::vector<RecipientFate>& told,
              const std::vector<std::string>& transcript);
  void log_results(const Waiting& message, const HandedOver& done) const;
  void log(const maillog::Line& line) const {
    if (options_.log) options_.log(line);
  }

  OutboxOptions options_;
  std::optional<ClientQueue> queue_;
  std::function<std::string(WallTime)> ids_;
};

}  // namespace signet::submit
