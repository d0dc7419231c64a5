#include "signet/mail/header_section.h"

#include "mail/header_field.h"

namespace signet::mail {

std::string Field::text() const {
  std::string out = name + colon;
  for (const char c : value) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out += "\r\n";
}

void HeaderSection::on_content(std::string_view bytes, std::string& body) {
  while (!bytes.empty() && !complete_ && !too_large_) {
    const auto newline = bytes.find('\n');
    const bool whole = newline != std::string_view::npos;
    const std::size_t used = whole ? newline + 1 : bytes.size();
    seen_ += used;
    too_large_ = seen_ > limit_;
    if (too_large_) return;
    line_ += bytes.substr(0, newline);
    bytes.remove_prefix(used);
    if (whole) on_line(body);
  }
  if (complete_) body += bytes;
}

void HeaderSection::on_end(std::string& body) {
  if (!complete_ && !too_large_ && !line_.empty()) on_line(body);
  if (!too_large_) complete_ = true;
}

void HeaderSection::on_line(std::string& body) {
  if (line_.ends_with('\r')) line_.pop_back();
  const bool folded = line_.starts_with(' ') || line_.starts_with('\t');
  const HeaderField field = folded ? HeaderField{} : parse_header_field(line_);
  if (folded && !fields_.empty()) {
    fields_.back().value += "\n" + line_;
  } else if (!field.name.empty()) {
    too_large_ = fields_.size() == kMostFields;
    if (too_large_) return;
    fields_.push_back({.name = std::string(field.name),
                       .value = std::string(field.rest),
                       .colon = std::string(field.colon)});
  } else {
    complete_ = true;
    if (!line_.empty()) body += line_ + "\r\n";
  }
  line_.clear();
}

}  // namespace signet::mail
