#include "signet/mail/masquerade.h"

#include <algorithm>
#include <array>
#include <utility>

#include "signet/base/text.h"

namespace signet::mail {
namespace {

constexpr std::size_t kMostHeader = 256 * 1024;  // held back; a longer header goes on unchanged

constexpr std::array kFields = std::to_array<std::string_view>(
    {"from", "sender", "reply-to", "resent-from", "resent-sender", "resent-reply-to"});

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Walks over a field's body: what stands in quotes or comments is passed over whole.
class Rewriter final {
 public:
  Rewriter(std::string_view body, const Masquerade& masquerade)
      : rest_(body), masquerade_(masquerade) {}

  std::string run() {
    while (!rest_.empty()) step();
    end_mailbox();
    return std::move(out_);
  }

 private:
  void step() {
    switch (rest_.front()) {
      case '"':
        return take_word(quoted_length());
      case '(':
        return copy(comment_length());
      case '<':
        return take_angle();
      case ',':
      case ';':
        end_mailbox();
        return copy(1);
      case ':':
        // A group's name ends here: it was no address.
        word_.clear();
        words_ = 0;
        return copy(1);
      default:
        break;
    }
    if (is_space(rest_.front())) return copy(1);
    std::size_t length = 1;
    while (length < rest_.size() && !is_space(rest_[length]) &&
           std::string_view("\"(<,;:").find(rest_[length]) == std::string_view::npos) {
      ++length;
    }
    take_word(length);
  }

  // A word that may turn out to be a bare address: one alone, up to the comma.
  void take_word(std::size_t length) {
    if (words_++ == 0) {
      word_at_ = out_.size();
    } else if (word_at_ + word_.size() != out_.size()) {
      word_.clear();  // two words apart: a display name
      spread_ = true;
    }
    if (!spread_) word_ += rest_.substr(0, length);
    copy(length);
  }

  void end_mailbox() {
    if (words_ > 0 && !spread_ && !angle_ && !word_.empty()) {
      out_.replace(word_at_, word_.size(), hidden(word_));
    }
    word_.clear();
    words_ = 0;
    spread_ = false;
    angle_ = false;
  }

  void take_angle() {
    angle_ = true;
    const auto end = rest_.find('>');
    if (end == std::string_view::npos) return copy(rest_.size());
    const auto address = rest_.substr(1, end - 1);
    out_ += '<';
    out_ += hidden(address);
    out_ += '>';
    rest_.remove_prefix(end + 1);
  }

  std::string hidden(std::string_view address) const {
    const auto plain = trim(address);
    if (plain.empty() || plain.front() == '@') return std::string(address);  // <> and routes
    const auto at = plain.rfind('@');
    if (contains(masquerade_.exposed_users, to_lower(plain.substr(0, at)))) {
      return std::string(address);
    }
    if (at == std::string_view::npos) return std::string(plain) + "@" + masquerade_.name;
    const std::string domain = to_lower(plain.substr(at + 1));
    if (!is_ours(domain)) return std::string(address);
    return std::string(plain.substr(0, at + 1)) + masquerade_.name;
  }

  static bool contains(const std::vector<std::string>& list, std::string_view one) {
    return std::ranges::find(list, one) != list.end();
  }

  [[nodiscard]] bool is_ours(std::string_view domain) const {
    if (contains(masquerade_.domains, domain)) return true;
    if (!masquerade_.entire_domains) return false;
    return std::ranges::any_of(masquerade_.domains, [&](const std::string& parent) {
      return !parent.empty() && domain.size() > parent.size() + 1 && domain.ends_with(parent) &&
             domain[domain.size() - parent.size() - 1] == '.';
    });
  }

  [[nodiscard]] std::size_t quoted_length() const {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        return i + 1;
      }
    }
    return rest_.size();
  }

  [[nodiscard]] std::size_t comment_length() const {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '(') {
        ++depth;
      } else if (rest_[i] == ')' && --depth == 0) {
        return i + 1;
      }
    }
    return rest_.size();
  }

  void copy(std::size_t length) {
    length = std::min(length, rest_.size());
    out_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  std::string_view rest_;
  const Masquerade& masquerade_;
  std::string out_;
  std::string word_;         // the bare address, if it is one
  std::size_t word_at_ = 0;  // where it stands in out_
  int words_ = 0;
  bool spread_ = false;
  bool angle_ = false;
};

// Length of the field that begins the text, folded lines included.
std::size_t field_length(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    const auto end = text.find("\r\n", at);
    if (end == std::string_view::npos) return text.size();
    at = end + 2;
    if (at >= text.size() || (text[at] != ' ' && text[at] != '\t')) return at;
  }
}

}  // namespace

std::string masquerade_field(std::string_view body, const Masquerade& masquerade) {
  return Rewriter(body, masquerade).run();
}

std::string Masquerader::on_content(std::string_view bytes) {
  if (done_) return std::string(bytes);
  // The empty line may have begun in what is held already.
  const std::size_t from = held_.size() < 3 ? 0 : held_.size() - 3;
  held_ += bytes;
  if (held_.find("\r\n\r\n", from) == std::string::npos && held_.size() <= kMostHeader) return {};
  return on_end();
}

std::string Masquerader::on_end() {
  if (std::exchange(done_, true)) return {};
  if (held_.size() <= kMostHeader) held_ = rewritten();
  return std::exchange(held_, std::string());
}

std::string Masquerader::rewritten() const {
  std::string out;
  std::string_view rest = held_;
  while (!rest.empty() && !rest.starts_with("\r\n")) {
    const auto field = rest.substr(0, field_length(rest));
    const auto colon = field.find(':');
    // The first line that is no field begins the body.
    if (colon == std::string_view::npos || colon == 0 ||
        field.substr(0, colon).find_first_of(" \t\r\n") != std::string_view::npos) {
      break;
    }
    const std::string name = to_lower(field.substr(0, colon));
    out += field.substr(0, colon + 1);
    const auto body = field.substr(colon + 1);
    const bool sender = std::ranges::find(kFields, name) != kFields.end();
    out += sender ? masquerade_field(body, masquerade_) : std::string(body);
    rest.remove_prefix(field.size());
  }
  out += rest;
  return out;
}

}  // namespace signet::mail
