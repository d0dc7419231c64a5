// The header section of a message taken off while it streams in, field by field, for those who may
// change it before it is stored. What nobody changes is written again as it came. Values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace signet::mail {

struct Field {
  std::string name;         // as written
  std::string value;        // all behind the colon; '\n' where the lines of a fold meet
  std::string colon = ":";  // with the blanks that stand before it (RFC 5322 §4.5)
  [[nodiscard]] std::string text() const;  // ends in CRLF
  bool operator==(const Field&) const = default;
};

class HeaderSection final {
 public:
  // The content from its first octet, cut anywhere. What turns out to be body is appended to
  // `body`; the empty line between the two is neither. Not to be called when complete().
  void on_content(std::string_view bytes, std::string& body);
  void on_end(std::string& body);
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::vector<Field> take_fields() { return std::move(fields_); }

 private:
  void on_line(std::string& body);

  std::string line_;
  std::vector<Field> fields_;
  bool complete_ = false;
};

}  // namespace signet::mail
