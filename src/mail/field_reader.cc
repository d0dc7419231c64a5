#include "signet/mail/field_reader.h"

#include <algorithm>
#include <utility>

#include "mail/header_field.h"
#include "signet/base/text.h"

namespace signet::mail {
namespace {

// A name may be as long as a line (RFC 5322 §2.1.1).
constexpr std::size_t kMostOfFieldLine = FieldReader::kMostOfValue + 1000;

}  // namespace

void FieldReader::on_content(std::string_view bytes) {
  while (!bytes.empty() && !complete_) {
    const auto newline = bytes.find('\n');
    const auto piece = bytes.substr(0, newline);
    line_ += piece.substr(0, kMostOfFieldLine - std::min(kMostOfFieldLine, line_.size()));
    if (newline == std::string_view::npos) return;
    bytes.remove_prefix(newline + 1);
    on_line();
    line_.clear();
  }
}

void FieldReader::on_end() {
  if (complete_) return;
  if (!line_.empty()) on_line();
  line_.clear();
  give();
  complete_ = true;
}

void FieldReader::on_line() {
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool folded = !line.empty() && (line[0] == ' ' || line[0] == '\t');
  if (folded && !name_.empty()) {
    if (value_.size() >= kMostOfValue) return;
    const auto more = trim(line);
    if (!value_.empty() && !more.empty()) value_ += ' ';
    value_ += more.substr(0, kMostOfValue - std::min(kMostOfValue, value_.size()));
    return;
  }
  give();
  const HeaderField field = folded ? HeaderField{} : parse_header_field(line);
  // A line that is no field ends the header for us, but not for everybody who reads it behind us.
  complete_ = line.empty() || (field.name.empty() && !any_field_);
  any_field_ = any_field_ || !field.name.empty();
  name_ = field.name;
  value_ = trim(field.rest).substr(0, kMostOfValue);
}

void FieldReader::give() {
  if (!name_.empty()) on_field_(name_, value_);
  name_.clear();
}

}  // namespace signet::mail
