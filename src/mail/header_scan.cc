#include <algorithm>

#include "mail/clean.h"
#include "mail/header_field.h"
#include "signet/base/text.h"
#include "signet/mail/header.h"

namespace signet::mail {
namespace {

// Kept of one physical line: enough for every field that matters here (RFC 5322 §2.1.1: 998).
constexpr std::size_t kKeptOfLine = 1000;
static_assert(kKeptOfLine >= kMostOfFieldName);
constexpr std::size_t kMaxMessageId = 500;

bool is_recipient_field(std::string_view name) {
  constexpr std::string_view kFields[] = {"To", "Cc", "Bcc", "Apparently-To"};
  return std::ranges::any_of(kFields, [&](auto field) { return iequals(field, name); });
}

}  // namespace

HeaderField parse_header_field(std::string_view line) {
  const auto start = line.substr(0, kMostOfFieldName);
  const auto colon = start.find(':');
  if (colon == std::string_view::npos && start.size() < kMostOfFieldName) return {};
  const auto end = start.substr(0, colon).find_last_not_of(" \t");
  if (end == std::string_view::npos) return {};
  const auto name = start.substr(0, end + 1);
  if (!std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; })) return {};
  const auto behind = colon == std::string_view::npos ? start.size() : colon + 1;
  return {name, start.substr(name.size(), behind - name.size()), line.substr(behind)};
}

HeaderScan::HeaderScan(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

void HeaderScan::on_content(std::string_view bytes) {
  while (!bytes.empty() && !complete_ && !too_large_) {
    const auto newline = bytes.find('\n');
    const auto piece = bytes.substr(0, newline);
    line_ += piece.substr(0, kKeptOfLine - std::min(kKeptOfLine, line_.size()));
    const bool whole = newline != std::string_view::npos;
    const std::size_t used = piece.size() + (whole ? 1 : 0);
    bytes.remove_prefix(used);
    seen_ += used;
    if (seen_ > limit_) {
      too_large_ = true;
    } else if (whole) {
      on_line(line_);
      line_.clear();
    }
  }
}

void HeaderScan::on_end() {
  if (!complete_ && !too_large_ && !line_.empty()) on_line(line_);
  line_.clear();
  if (!too_large_) complete_ = true;
}

void HeaderScan::on_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool folded = !line.empty() && (line[0] == ' ' || line[0] == '\t');
  if (folded && any_field_) {
    if (in_message_id_ && message_id_.size() < kMaxMessageId) {
      message_id_ += clean_line(trim(line), kMaxMessageId - message_id_.size());
    }
    return;
  }
  in_message_id_ = false;
  const HeaderField field = folded ? HeaderField{} : parse_header_field(line);
  if (field.name.empty()) {
    complete_ = true;
    return;
  }
  any_field_ = true;
  if (iequals(field.name, "Received")) {
    ++hops_;
  } else if (iequals(field.name, "Date")) {
    date_ = true;
  } else if (iequals(field.name, "From")) {
    from_ = true;
  } else if (is_recipient_field(field.name)) {
    recipients_ = true;
  } else if (iequals(field.name, "Return-Receipt-To")) {
    receipt_ = true;
  } else if (iequals(field.name, "Message-Id") && message_id_.empty()) {
    in_message_id_ = true;
    message_id_ = clean_line(trim(field.rest), kMaxMessageId);
  }
}

bool HeaderScan::complete() const { return complete_; }
bool HeaderScan::too_large() const { return too_large_; }
bool HeaderScan::has_date() const { return date_; }
bool HeaderScan::has_from() const { return from_; }
bool HeaderScan::has_recipients() const { return recipients_; }
const std::string& HeaderScan::message_id() const { return message_id_; }
int HeaderScan::hops() const { return hops_; }
bool HeaderScan::wants_receipt() const { return receipt_; }

}  // namespace signet::mail
