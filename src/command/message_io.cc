#include "command/message_io.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "signet/submit/message.h"

namespace signet::command {
namespace {

// A longer line comes in pieces.
constexpr std::size_t kMostLineBytes = 2 * submit::kMostHeaderBytes;

}  // namespace

std::optional<MessageInput::Line> MessageInput::next() {
  Line line;
  bool any = false;
  const bool begins = !std::exchange(inside_, false);
  while (true) {
    if (at_ == got_ && !fill()) break;
    if (line.text.size() >= kMostLineBytes) {
      inside_ = true;
      line.whole = false;
      return line;
    }
    const std::string_view rest(buffer_.data() + at_, got_ - at_);
    any = true;
    const auto end = rest.find_first_of("\r\n");
    line.text += rest.substr(0, end);
    if (end == std::string_view::npos) {
      at_ = got_;
      continue;
    }
    at_ += end + 1;
    if (rest[end] == '\r' && (at_ < got_ || fill()) && buffer_[at_] == '\n') ++at_;
    break;
  }
  // The rest of a line that came in pieces may be empty, and still has an end.
  if (!any && !begins) return line;
  if (!any || (begins && !ignore_dots_ && line.text == ".")) {
    over_ = true;
    at_ = got_;
    return std::nullopt;
  }
  return line;
}

bool MessageInput::fill() {
  if (over_) return false;
  while (true) {
    const ssize_t got = read(STDIN_FILENO, buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failure_ = errno;
    at_ = 0;
    got_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    over_ = got <= 0;
    return got > 0;
  }
}

void MessageOutput::write(std::string_view bytes) {
  size_ += bytes.size();
  for (const char c : bytes)
    eight_bit_ = eight_bit_ || (static_cast<unsigned char>(c) & 0x80U) != 0;
  held_ += bytes;
  if (held_.size() >= kReadBytes) flush();
}

void MessageOutput::flush() {
  std::string_view rest = held_;
  while (!rest.empty() && failure_ == 0) {
    const ssize_t wrote = ::write(file_.get(), rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      failure_ = errno;
    } else {
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }
  held_.clear();
}

}  // namespace signet::command
