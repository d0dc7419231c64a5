// One message on its way in: the draft its content streams into, the look at its header, and the
// commit with our own fields in front. A session has at most one. Loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "signet/mail/envelope.h"
#include "signet/mail/header.h"
#include "signet/mail/reply.h"
#include "signet/queue/spool.h"
#include "signet/receive/options.h"

namespace signet::receive {

class Intake final {
 public:
  Intake(loop::Loop& loop, queue::Spool& spool, const Options& options);

  void append(std::string_view bytes);
  [[nodiscard]] queue::Draft& draft() { return *draft_; }
  // Refused after all: too many hops, header too large. Call when the content is complete.
  [[nodiscard]] std::optional<mail::Reply> objection();
  // Completes `envelope` (size, message id) and hands everything to the spool.
  void commit(mail::Envelope& envelope, const mail::Trace& trace, queue::OnCommitted answer);
  [[nodiscard]] int hops() const { return header_.hops(); }

 private:
  queue::Spool& spool_;
  const Options& options_;
  std::unique_ptr<queue::Draft> draft_;
  mail::HeaderScan header_;
  std::uint64_t octets_ = 0;
};

}  // namespace signet::receive
