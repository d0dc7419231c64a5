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
  // Many small fields take far more memory than their octets.
  static constexpr std::size_t kMostFields = 10000;

  explicit HeaderSection(std::uint64_t limit_bytes) : limit_(limit_bytes) {}
  // The content from its first octet, cut anywhere. What turns out to be body is appended to
  // `body`; the empty line between the two is neither. Not to be called when complete().
  // The header ends where a HeaderScan finds its end.
  void on_content(std::string_view bytes, std::string& body);
  void on_end(std::string& body);
  [[nodiscard]] bool complete() const { return complete_; }
  // No more is kept.
  [[nodiscard]] bool too_large() const { return too_large_; }
  [[nodiscard]] std::vector<Field> take_fields() { return std::move(fields_); }

 private:
  void on_line(std::string& body);

  std::string line_;
  std::vector<Field> fields_;
  std::uint64_t seen_ = 0;
  std::uint64_t limit_;
  bool complete_ = false;
  bool too_large_ = false;
};

}  // namespace signet::mail
