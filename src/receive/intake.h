// One message on its way in: the draft its content streams into, the look at its header, and the
// commit with our own fields in front. A session has at most one. Loop thread. For mail filters the
// header stands apart, and the draft has the body alone: so nothing is copied when they change it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/envelope.h"
#include "signet/mail/field_reader.h"
#include "signet/mail/header.h"
#include "signet/mail/header_break.h"
#include "signet/mail/header_section.h"
#include "signet/mail/reply.h"
#include "signet/milter/header.h"
#include "signet/policy/pattern_rules.h"
#include "signet/queue/spool.h"
#include "signet/receive/options.h"

namespace signet::receive {

class Intake final {
 public:
  enum class For { spool, filters };
  Intake(loop::Loop& loop, queue::Spool& spool, const Options& options, For whom);

  void append(std::string_view bytes);
  [[nodiscard]] queue::Draft& draft() { return *draft_; }
  // Refused after all: too many hops, header too large. Call when the content is complete.
  [[nodiscard]] std::optional<mail::Reply> objection();
  // HEADER_CHECK and REQUIRE_HEADER, behind objection(); null: the site has none.
  [[nodiscard]] const policy::HeaderJudge* header_judge() const {
    return judged_ ? &judged_->judge : nullptr;
  }
  [[nodiscard]] bool is_for_filters() const { return apart_ != nullptr; }
  // As in the header, or as we shall make it.
  [[nodiscard]] std::string message_id(const mail::Envelope& envelope,
                                       const mail::Trace& trace) const;
  // For filters, behind objection(): the fields as they came, and how all is to be.
  [[nodiscard]] std::vector<mail::Field> take_fields();
  void set_header(const milter::Header& header);
  void replace_body(std::unique_ptr<queue::Draft> body, std::uint64_t octets);
  // The header names no recipient, and NoRecipientAction wants those of the envelope there.
  [[nodiscard]] bool names_recipients() const;
  // Completes `envelope` (size, message id) and hands everything to the spool. `named`: the
  // recipients as the client said them, if names_recipients().
  void commit(mail::Envelope& envelope, const mail::Trace& trace,
              const std::vector<std::string>& named, queue::OnCommitted answer);
  [[nodiscard]] int hops() const { return header_.hops(); }
  [[nodiscard]] bool wants_receipt() const { return header_.wants_receipt(); }

 private:
  struct JudgedHeader {
    JudgedHeader(const policy::PatternRules& rules, mail::Reply on_reject)
        : judge(rules, std::move(on_reject)) {}
    policy::HeaderJudge judge;
    mail::FieldReader reader{
        [this](std::string_view name, std::string_view value) { judge.on_field(name, value); }};
  };

  struct Apart {
    explicit Apart(std::uint64_t most_header) : section(most_header) {}
    mail::HeaderSection section;
    std::string above;  // of our Received:
    std::string below;
    std::uint64_t body_octets = 0;
  };
  void append_apart(std::string_view bytes);
  [[nodiscard]] bool header_too_large() const;

  queue::Spool& spool_;
  const Options& options_;
  std::unique_ptr<queue::Draft> draft_;
  const std::uint64_t most_header_;
  mail::HeaderScan header_;
  mail::HeaderBreak break_;  // unless it stands apart
  std::unique_ptr<JudgedHeader> judged_;
  std::uint64_t octets_ = 0;
  std::unique_ptr<Apart> apart_;
};

}  // namespace signet::receive
