#include "receive/intake.h"

#include <limits>
#include <utility>

namespace signet::receive {
namespace {

// In memory; where MaxHeadersLength says that there is no limit.
constexpr std::uint64_t kMostApart = 1 << 20;

std::uint64_t limit_of(const Options& options, Intake::For whom) {
  if (options.max_header_bytes != 0) return options.max_header_bytes;
  return whom == Intake::For::filters ? kMostApart : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

Intake::Intake(loop::Loop& loop, queue::Spool& spool, const Options& options, For whom)
    : spool_(spool),
      options_(options),
      draft_(spool.begin(loop)),
      most_header_(limit_of(options, whom)),
      header_(most_header_) {
  if (whom == For::filters) apart_ = std::make_unique<Apart>(most_header_);
  const auto* rules = options.site.patterns.get();
  if (rules != nullptr && rules->about_headers()) {
    judged_ = std::make_unique<JudgedHeader>(*rules, policy::access_denied(options.site));
  }
}

void Intake::append(std::string_view bytes) {
  octets_ += bytes.size();
  if (!header_.complete()) header_.on_content(bytes);
  if (judged_) judged_->reader.on_content(bytes);
  if (apart_) return append_apart(bytes);
  if (break_.complete()) return draft_->append(bytes);
  std::string broken;
  break_.on_content(bytes, broken);
  draft_->append(broken);
}

// A header that is too large will be refused: no more of it is kept.
void Intake::append_apart(std::string_view bytes) {
  if (header_too_large()) return;
  std::string body;
  if (!apart_->section.complete()) {
    apart_->section.on_content(bytes, body);
    bytes = body;
  }
  apart_->body_octets += bytes.size();
  draft_->append(bytes);
}

bool Intake::header_too_large() const {
  return header_.too_large() || (apart_ && apart_->section.too_large());
}

std::optional<mail::Reply> Intake::objection() {
  header_.on_end();
  if (judged_) judged_->reader.on_end();
  std::string rest;
  if (apart_) {
    apart_->section.on_end(rest);
    apart_->body_octets += rest.size();
  } else {
    break_.on_end(rest);
  }
  draft_->append(rest);
  if (header_too_large()) {
    return mail::Reply{552, "5.0.0",
                       "Headers too large (" + std::to_string(most_header_) + " max)"};
  }
  if (header_.hops() > options_.max_hops) {
    return mail::Reply{554, "5.4.6",
                       "Too many hops " + std::to_string(header_.hops()) + " (" +
                           std::to_string(options_.max_hops) + " max)"};
  }
  return std::nullopt;
}

std::string Intake::message_id(const mail::Envelope& envelope, const mail::Trace& trace) const {
  if (!header_.message_id().empty()) return header_.message_id();
  const auto& form = options_.forms.message_id;
  return form ? form(trace, envelope, mail::author_of(envelope, options_.mailer))
              : mail::new_message_id(envelope, options_.host);
}

std::vector<mail::Field> Intake::take_fields() { return apart_->section.take_fields(); }

void Intake::set_header(const milter::Header& header) {
  apart_->above = header.above();
  apart_->below = header.below();
  header_ = mail::HeaderScan(std::numeric_limits<std::uint64_t>::max());
  header_.on_content(apart_->above);
  header_.on_content(apart_->below);
  header_.on_end();
  octets_ = apart_->above.size() + apart_->below.size() + 2 + apart_->body_octets;
}

void Intake::replace_body(std::unique_ptr<queue::Draft> body, std::uint64_t octets) {
  draft_ = std::move(body);
  apart_->body_octets = octets;
}

bool Intake::names_recipients() const {
  return !header_.has_recipients() && mail::names_recipients(options_.without_recipients);
}

void Intake::commit(mail::Envelope& envelope, const mail::Trace& trace,
                    const std::vector<std::string>& named, queue::OnCommitted answer) {
  envelope.size = octets_;
  envelope.message_id = message_id(envelope, trace);
  const auto& forms = options_.forms;
  const std::string author = mail::author_of(envelope, options_.mailer);
  std::string head = forms.received ? forms.received(trace, envelope, author)
                                    : mail::received_field(trace, envelope);
  if (options_.auth_warnings) head += mail::helo_warning(trace);
  head += mail::missing_fields(header_, envelope,
                               {.from = forms.from ? forms.from(trace, envelope, author) : author,
                                .message_id = envelope.message_id});
  if (!header_.has_recipients()) head += mail::recipient_field(options_.without_recipients, named);
  if (apart_) head = apart_->above + head + apart_->below + "\r\n";
  spool_.commit(std::move(draft_), envelope, std::move(head), std::move(answer));
}

}  // namespace signet::receive
