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
  while (!bytes.empty() && !complete_) {
    const auto newline = bytes.find('\n');
    const bool whole = newline != std::string_view::npos;
    line_ += bytes.substr(0, newline);
    bytes.remove_prefix(whole ? newline + 1 : bytes.size());
    if (whole) on_line(body);
  }
  body += bytes;
}

void HeaderSection::on_end(std::string& body) {
  if (!complete_ && !line_.empty()) on_line(body);
  complete_ = true;
}

void HeaderSection::on_line(std::string& body) {
  if (line_.ends_with('\r')) line_.pop_back();
  const bool folded = line_.starts_with(' ') || line_.starts_with('\t');
  const HeaderField field = folded ? HeaderField{} : parse_header_field(line_);
  if (folded && !fields_.empty()) {
    fields_.back().value += "\n" + line_;
  } else if (!field.name.empty()) {
    const auto colon = line_.find(':');
    fields_.push_back({.name = std::string(field.name),
                       .value = line_.substr(colon + 1),
                       .colon = line_.substr(field.name.size(), colon + 1 - field.name.size())});
  } else {
    complete_ = true;
    if (!line_.empty()) body += line_ + "\r\n";
  }
  line_.clear();
}

}  // namespace signet::mail
