#include "signet/mail/header_break.h"

#include "mail/header_field.h"

namespace signet::mail {

void HeaderBreak::on_content(std::string_view bytes, std::string& out) {
  while (!bytes.empty() && !complete_) {
    const auto newline = bytes.find('\n');
    const bool whole = newline != std::string_view::npos;
    const auto piece = bytes.substr(0, whole ? newline + 1 : bytes.size());
    bytes.remove_prefix(piece.size());
    if (in_field_) {
      out += piece;
    } else {
      line_ += piece;
      if (!whole && line_.size() < kMostOfFieldName) continue;
      on_beginning(out);
    }
    in_field_ = !whole;
  }
  out += bytes;
}

void HeaderBreak::on_end(std::string& out) {
  if (complete_) return;
  if (!line_.empty()) on_beginning(out);
  if (!complete_) out += "\r\n";
  complete_ = true;
}

void HeaderBreak::on_beginning(std::string& out) {
  std::string_view line = line_;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool folded = line.starts_with(' ') || line.starts_with('\t');
  const bool of_header = folded ? any_field_ : !parse_header_field(line).name.empty();
  if (of_header) {
    any_field_ = true;
  } else {
    complete_ = true;
    if (!line.empty()) out += "\r\n";
  }
  out += line_;
  line_.clear();
}

}  // namespace signet::mail
