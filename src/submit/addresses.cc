// Addresses in a field or an argument (RFC 5322 §3.4), as people and programs write them.
#include <algorithm>

#include "signet/base/text.h"
#include "signet/submit/message.h"

namespace signet::submit {
namespace {

constexpr std::size_t kMostAddresses = 100000;

constexpr std::string_view kJoints = "@.%!";

// An address as a command of SMTP can hold it: outside of quotes no brackets and no blanks, and no
// line ends anywhere. What is left of controls is refused when it is to be said.
std::string in_one_piece(std::string_view text) {
  constexpr std::string_view kStray = "<> \t";
  std::string clean;
  bool quoted = false;
  bool gap = false;  // two words become one by a dot, as in a bare address
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' || c == '\n') continue;
    if (!quoted && kStray.contains(c)) {
      gap = c == ' ' || c == '\t';
      continue;
    }
    if (gap && !clean.empty() && !kJoints.contains(clean.back()) && !kJoints.contains(c)) {
      clean += '.';
    }
    gap = false;
    if (c == '"') quoted = !quoted;
    if (c != '\\') {
      clean += c;
      continue;
    }
    // A pair stays or goes as a whole; a lone one at the end would quote the bracket.
    if (++i == text.size()) break;
    if (text[i] == '\r' || text[i] == '\n' || (!quoted && kStray.contains(text[i]))) continue;
    clean += c;
    clean += text[i];
  }
  if (quoted) clean += '"';
  return clean;
}

// Reads one list; what stands in quotes or comments is passed over whole.
class ListReader final {
 public:
  // Without any sign of a list, blanks are between addresses (sendmail's OldStyleHeaders).
  explicit ListReader(std::string_view text)
      : rest_(text), blanks_part_(text.find_first_of(",;:<(\"") == std::string_view::npos) {}

  std::vector<std::string> read() {
    while (!rest_.empty() && found_.size() < kMostAddresses) step();
    end_mailbox();
    return std::move(found_);
  }

 private:
  void step() {
    const char c = rest_.front();
    switch (c) {
      case '(':
        skip_comment();
        gap_ = true;
        return;
      case '"':
        return add(take_quoted());
      case '<':
        return take_angle();
      case ',':
      case ';':
        rest_.remove_prefix(1);
        return end_mailbox();
      case ':':
        if (!bare_.contains('@') && !angle_) {  // a group's name
          rest_.remove_prefix(1);
          bare_.clear();
          return;
        }
        break;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        rest_.remove_prefix(1);
        gap_ = true;
        return;
      case '\\':
        if (rest_.size() > 1) {
          add(std::string(rest_.substr(0, 2)));
          rest_.remove_prefix(2);
          return;
        }
        break;
      default:
        break;
    }
    add(std::string(1, c));
    rest_.remove_prefix(1);
  }

  // Blanks between two words of a bare address: a dot, as sendmail's BlankSub has it here.
  void add(const std::string& piece) {
    if (gap_ && !bare_.empty() && !kJoints.contains(bare_.back()) &&
        !kJoints.contains(piece.front())) {
      if (blanks_part_) {
        end_mailbox();
      } else {
        bare_ += '.';
      }
    }
    gap_ = false;
    bare_ += piece;
  }

  void take_angle() {
    std::size_t end = 1;
    bool quoted = false;
    for (; end < rest_.size(); ++end) {
      if (rest_[end] == '\\') {
        ++end;
      } else if (rest_[end] == '"') {
        quoted = !quoted;
      } else if (rest_[end] == '>' && !quoted) {
        break;
      }
    }
    end = std::min(end, rest_.size());
    std::string_view inside = trim(rest_.substr(1, end - 1));
    // A route says nothing any more (RFC 5321 appendix C).
    if (inside.starts_with('@')) {
      const auto colon = inside.find(':');
      if (colon != std::string_view::npos) inside.remove_prefix(colon + 1);
    }
    angle_ = in_one_piece(inside);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
  }

  std::string take_quoted() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    end = std::min(end + 1, rest_.size());
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }

  void skip_comment() {
    std::size_t depth = 0;
    std::size_t at = 0;
    for (; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        ++at;
      } else if (rest_[at] == '(') {
        ++depth;
      } else if (rest_[at] == ')' && --depth == 0) {
        break;
      }
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
  }

  void end_mailbox() {
    if (angle_) {
      found_.push_back(std::move(*angle_));
    } else if (auto address = in_one_piece(bare_); !address.empty()) {
      found_.push_back(std::move(address));
    }
    angle_.reset();
    bare_.clear();
    gap_ = false;
  }

  std::string_view rest_;
  bool blanks_part_;
  std::vector<std::string> found_;
  std::string bare_;
  std::optional<std::string> angle_;
  bool gap_ = false;
};

}  // namespace

std::vector<std::string> addresses_in(std::string_view text) { return ListReader(text).read(); }

std::string qualified(std::string_view address, std::string_view host) {
  std::string whole(address);
  bool quoted = false;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] == '\\') {
      ++i;
    } else if (whole[i] == '"') {
      quoted = !quoted;
    } else if (whole[i] == '@' && !quoted) {
      return whole;
    }
  }
  if (whole.empty()) return whole;
  whole += '@';
  whole += host;
  return whole;
}

}  // namespace signet::submit
