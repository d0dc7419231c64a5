#include "signet/mail/address_list.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "signet/base/text.h"

namespace signet::mail {
namespace {

constexpr std::size_t kWidth = 78;  // RFC 5322 §2.1.1
constexpr std::size_t kTab = 8;

constexpr std::array kSenderFields = std::to_array<std::string_view>(
    {"From", "Sender", "Reply-To", "Errors-To", "Disposition-Notification-To", "Resent-From",
     "Resent-Sender", "Resent-Reply-To"});
constexpr std::array kRecipientFields = std::to_array<std::string_view>(
    {"To", "Cc", "Bcc", "Apparently-To", "Resent-To", "Resent-Cc", "Resent-Bcc"});

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::size_t quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t comment_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

// Where the '>' of a "<..." stands; npos: nowhere.
std::size_t end_of_angle(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      i += quoted_length(text.substr(i)) - 1;
    } else if (text[i] == '>') {
      return i;
    }
  }
  return std::string_view::npos;
}

// A list with its addresses changed, wide lines parted at the commas, whose ends are `breaks`.
std::string fold_list(std::string_view text, const std::vector<std::size_t>& breaks,
                      std::size_t column) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= breaks.size(); ++i) {
    const std::size_t to = i < breaks.size() ? breaks[i] : text.size();
    auto piece = text.substr(from, to - from);
    from = to;
    const std::size_t line = std::min(piece.find_first_of("\r\n"), piece.size());
    const auto rest = piece.substr(std::min(piece.find_first_not_of(" \t"), piece.size()));
    if (i > 0 && column + line > kWidth && !rest.empty() && !is_space(rest.front())) {
      out += "\r\n\t";
      column = kTab;
      piece = rest;
    }
    out += piece;
    const auto newline = piece.rfind('\n');
    column = newline == std::string_view::npos ? column + piece.size() : piece.size() - newline;
  }
  return out;
}

// Walks over a field's body: what stands in quotes or comments is passed over whole.
class ListChanger final {
 public:
  ListChanger(std::string_view body, const AddressChange& change) : rest_(body), change_(change) {}

  std::optional<std::string> run(std::size_t column) {
    while (!rest_.empty()) step();
    end_mailbox();
    if (!changed_) return std::nullopt;
    return fold_list(out_, breaks_, column);
  }

 private:
  void step() {
    switch (rest_.front()) {
      case '"':
        return take_word(quoted_length(rest_));
      case '(':
        return copy(comment_length(rest_));
      case '<':
        return take_angle();
      case ',':
        end_mailbox();
        copy(1);
        return breaks_.push_back(out_.size());
      case ';':
        end_mailbox();
        return copy(1);
      case ':':
        // A group's name ends here: it was no address.
        word_.clear();
        words_ = 0;
        spread_ = false;
        angle_ = false;
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
    // "user@[IPv6:...]": these colons are no group's.
    if (rest_.substr(0, length).find("@[") != std::string_view::npos) {
      length = std::max(length, std::min(rest_.find(']'), rest_.size() - 1) + 1);
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
      if (const auto other = changed(word_)) out_.replace(word_at_, word_.size(), *other);
    }
    word_.clear();
    words_ = 0;
    spread_ = false;
    angle_ = false;
  }

  void take_angle() {
    angle_ = true;
    const auto end = end_of_angle(rest_);
    if (end == std::string_view::npos) return copy(rest_.size());
    if (const auto other = changed(trim(rest_.substr(1, end - 1)))) {
      out_ += '<' + *other + '>';
      rest_.remove_prefix(end + 1);
    } else {
      copy(end + 1);
    }
  }

  std::optional<std::string> changed(std::string_view address) {
    if (address.empty() || address.front() == '@') return std::nullopt;  // <> and routes
    auto other = change_(address);
    changed_ = changed_ || other;
    return other;
  }

  void copy(std::size_t length) {
    length = std::min(length, rest_.size());
    out_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
  }

  std::string_view rest_;
  const AddressChange& change_;
  std::string out_;
  std::vector<std::size_t> breaks_;  // in out_, behind a comma
  std::string word_;                 // the bare address, if it is one
  std::size_t word_at_ = 0;          // where it stands in out_
  int words_ = 0;
  bool spread_ = false;
  bool angle_ = false;
  bool changed_ = false;
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

// Blanks may stand before the colon (RFC 5322 §4.5). Empty: this is no field.
std::string_view name_of(std::string_view field) {
  auto name = field.substr(0, std::min(field.find(':'), field.size()));
  if (name.size() == field.size()) return {};
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  return name.find_first_of(" \t\r\n") == std::string_view::npos ? name : std::string_view();
}

}  // namespace

AddressField address_field(std::string_view name) {
  const auto is_name = [name](std::string_view one) { return iequals(one, name); };
  if (std::ranges::any_of(kSenderFields, is_name)) return AddressField::sender;
  if (std::ranges::any_of(kRecipientFields, is_name)) return AddressField::recipient;
  return AddressField::none;
}

std::optional<std::string> change_addresses(std::string_view body, const AddressChange& change,
                                            std::size_t column) {
  return ListChanger(body, change).run(column);
}

std::optional<ChangedHeader> change_header(std::string_view content, const FieldChange& change) {
  const std::string_view all = content.substr(0, kMostChangedHeader);
  ChangedHeader header;
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at < all.size() && !all.substr(at).starts_with("\r\n")) {
    const auto field = all.substr(at, field_length(all.substr(at)));
    // A field that is cut off at the bound may go on: nothing is changed then.
    if (at + field.size() == kMostChangedHeader) return std::nullopt;
    const auto name = name_of(field);
    if (name.empty()) break;  // the first line that is no field begins the body
    const auto kind = address_field(name);
    if (kind != AddressField::none) {
      const std::size_t colon = field.find(':') + 1;
      const auto body = change_addresses(
          field.substr(colon), [&](std::string_view one) { return change(kind, one); }, colon);
      if (body) {
        header.text += all.substr(copied, at + colon - copied);
        header.text += *body;
        copied = at + field.size();
      }
    }
    at += field.size();
  }
  if (copied == 0) return std::nullopt;
  header.replaced = copied;
  return header;
}

}  // namespace signet::mail
