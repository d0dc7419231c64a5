#include "smtp/reply_decoder.h"

#include <algorithm>
#include <utility>

#include "signet/base/text.h"

namespace signet::smtp {
namespace {

// Longer than any server has a reason to speak; after this it only costs us time.
constexpr std::size_t kMaxReplyOctets = 1 << 20;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reply-code = %x32-35 %x30-35 %x30-39; the second digit is read generously. 0: none.
int reply_code(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
      !is_digit(line[2])) {
    return 0;
  }
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

// status-code = class "." subject "." detail, with the class of the reply. RFC 2034 §4, RFC 3463 §2
std::string_view enhanced_code(int code, std::string_view text) {
  const auto word = text.substr(0, text.find(' '));
  const auto parts = split(word, '.');
  const auto is_number = [](std::string_view part) {
    return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
  };
  const bool is_code = parts.size() == 3 && std::ranges::all_of(parts, is_number) &&
                       parts[0].size() == 1 && parts[0][0] - '0' == code / 100;
  return is_code ? word : std::string_view{};
}

void make_printable(std::string& text) {
  std::ranges::replace_if(
      text, [](char c) { return c < ' ' || c > '~'; }, '?');
}

}  // namespace

ReplyDecoder::Step ReplyDecoder::take(std::string_view in) {
  std::size_t used = 0;
  while (used < in.size()) {
    const auto rest = in.substr(used);
    const auto lf = rest.find('\n');
    const auto piece = rest.substr(0, lf);
    line_ += piece.substr(0, max_kept_ - std::min(max_kept_, line_.size()));
    const auto taken = lf == std::string_view::npos ? piece.size() : lf + 1;
    used += taken;
    octets_ += taken;
    if (octets_ > kMaxReplyOctets) {
      clear();
      return {State::malformed, used, {451, "4.5.0", "Reply is too long"}};
    }
    if (lf == std::string_view::npos) break;
    const auto state = on_line();
    line_.clear();
    if (state != State::unfinished) return {state, used, take_reply()};
  }
  return {};
}

// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
ReplyDecoder::State ReplyDecoder::on_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  const int code = reply_code(line_);
  const bool is_first = reply_.code == 0;
  const char mark = line_.size() > 3 ? line_[3] : ' ';
  if (code == 0 || (mark != ' ' && mark != '-') || (!is_first && code != reply_.code)) {
    reply_ = {451, "4.5.0", "Malformed reply: " + printable(line_, 128)};
    return State::malformed;
  }
  std::string_view text = std::string_view(line_).substr(std::min<std::size_t>(4, line_.size()));
  const auto enhanced = enhanced_code(code, text);
  if (is_first) {
    reply_.code = code;
    reply_.enhanced = enhanced;
  }
  if (!enhanced.empty() && enhanced == reply_.enhanced) {
    text.remove_prefix(std::min(text.size(), enhanced.size() + 1));
  }
  if (reply_.text.size() < max_kept_) {
    if (!is_first) reply_.text += '\n';
    const auto from = reply_.text.size();
    reply_.text += text.substr(0, max_kept_ - std::min(max_kept_, from));
    auto added = reply_.text.substr(from);
    make_printable(added);
    reply_.text.replace(from, added.size(), added);
  }
  return mark == '-' ? State::unfinished : State::reply;
}

mail::Reply ReplyDecoder::take_reply() {
  octets_ = 0;
  return std::exchange(reply_, mail::Reply{0, {}, {}});
}

void ReplyDecoder::clear() {
  line_.clear();
  take_reply();
}

}  // namespace signet::smtp
