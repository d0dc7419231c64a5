#include "receive/intake.h"

#include <limits>
#include <utility>

namespace signet::receive {

Intake::Intake(loop::Loop& loop, queue::Spool& spool, const Options& options)
    : spool_(spool),
      options_(options),
      draft_(spool.begin(loop)),
      header_(options.max_header_bytes == 0 ? std::numeric_limits<std::uint64_t>::max()
                                            : options.max_header_bytes) {
  const auto* rules = options.site.patterns.get();
  if (rules != nullptr && rules->about_headers()) {
    judged_ = std::make_unique<JudgedHeader>(*rules, policy::access_denied(options.site));
  }
}

void Intake::append(std::string_view bytes) {
  octets_ += bytes.size();
  if (!header_.complete()) header_.on_content(bytes);
  if (judged_) judged_->reader.on_content(bytes);
  draft_->append(bytes);
}

std::optional<mail::Reply> Intake::objection() {
  header_.on_end();
  if (judged_) judged_->reader.on_end();
  if (header_.too_large()) {
    return mail::Reply{552, "5.0.0",
                       "Headers too large (" + std::to_string(options_.max_header_bytes) + " max)"};
  }
  if (header_.hops() > options_.max_hops) {
    return mail::Reply{554, "5.4.6",
                       "Too many hops " + std::to_string(header_.hops()) + " (" +
                           std::to_string(options_.max_hops) + " max)"};
  }
  return std::nullopt;
}

void Intake::commit(mail::Envelope& envelope, const mail::Trace& trace,
                    const std::vector<std::string>& named, queue::OnCommitted answer) {
  envelope.size = octets_;
  envelope.message_id = header_.message_id().empty() ? mail::new_message_id(envelope, options_.host)
                                                     : header_.message_id();
  std::string head = mail::received_field(trace, envelope);
  if (options_.auth_warnings) head += mail::helo_warning(trace);
  head += mail::missing_fields(header_, envelope, options_.host);
  if (!header_.has_recipients()) head += mail::recipient_field(options_.without_recipients, named);
  if (header_.headerless()) head += "\r\n";
  spool_.commit(std::move(draft_), envelope, std::move(head), std::move(answer));
}

}  // namespace signet::receive
