#include "signet/mail/encoded_words.h"

#include <array>
#include <optional>

#include "signet/base/text.h"

namespace signet::mail {
namespace {

// RFC 2047 §2 allows 75; of longer ones some readers take no notice. It also bounds the time that a
// text of many beginnings without an end takes.
constexpr std::size_t kLongestWord = 1000;

std::optional<unsigned> digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = to_lower(c);
  if (low >= 'a' && low <= 'f') return low - 'a' + 10;
  return std::nullopt;
}

// RFC 2047 §4.2. A "=" that begins no octet is a character, as readers of mail take it.
std::string decode_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' && i + 2 < text.size()) {
      const auto high = digit_of(text[i + 1]);
      const auto low = digit_of(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high << 4U | *low);
        i += 2;
        continue;
      }
    }
    out += text[i] == '_' ? ' ' : text[i];
  }
  return out;
}

// Also without the padding that is missing.
std::optional<std::string> decode_b(std::string_view text) {
  std::string whole(text.substr(0, text.find('=')));
  if (whole.size() % 4 == 1) return std::nullopt;
  while (whole.size() % 4 != 0) whole += '=';
  return base64_decode(whole);
}

bool is_latin1(std::string_view charset) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"iso-8859-1", "iso-8859-15", "windows-1252", "latin1"});
  for (const auto name : kNames) {
    if (iequals(name, charset)) return true;
  }
  return false;
}

std::string latin1_as_utf8(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0U | byte >> 6U);
      out += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return out;
}

struct EncodedWord {
  std::size_t size = 0;
  std::string text;
};

// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=". RFC 2231 §5
std::optional<EncodedWord> take_encoded_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  text = text.substr(0, kLongestWord);
  const auto charset_end = text.find('?', 2);
  if (charset_end == text.npos || charset_end + 2 >= text.size()) return std::nullopt;
  const auto body = charset_end + 3;
  if (text[charset_end + 2] != '?') return std::nullopt;
  const auto end = text.find("?=", body);
  if (end == text.npos) return std::nullopt;
  const auto encoded = text.substr(body, end - body);
  if (encoded.find_first_of(" ?") != encoded.npos) return std::nullopt;
  auto charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));
  const char encoding = to_lower(text[charset_end + 1]);
  if (charset.empty() || (encoding != 'q' && encoding != 'b')) return std::nullopt;
  auto bytes = encoding == 'q' ? decode_q(encoded) : decode_b(encoded);
  if (!bytes) return std::nullopt;
  return EncodedWord{end + 2, is_latin1(charset) ? latin1_as_utf8(*bytes) : std::move(*bytes)};
}

}  // namespace

std::string decode_words(std::string_view text) {
  std::string out;
  std::string blanks;  // behind an encoded word: they count only if no other one follows
  bool behind_word = false;
  while (!text.empty()) {
    if (auto word = take_encoded_word(text)) {
      if (!behind_word) out += blanks;
      blanks.clear();
      out += word->text;
      text.remove_prefix(word->size);
      behind_word = true;
      continue;
    }
    const char c = text.front();
    text.remove_prefix(1);
    if (c == ' ' || c == '\t') {
      blanks += c;
      continue;
    }
    out += blanks;
    blanks.clear();
    out += c;
    behind_word = false;
  }
  return out + blanks;
}

}  // namespace signet::mail
