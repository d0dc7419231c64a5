// What both kinds of mailbox share: writing through a buffer, and the letter's own bytes.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "mailbox/writers.h"

namespace signet::mailbox {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr std::string_view kFrom = "From ";

// Turns CRLF into LF and quotes "From " lines, whatever the cuts between the pieces.
class LineTurner final {
 public:
  LineTurner(Output& output, FromLines from_lines) : output_(output), from_lines_(from_lines) {}

  Result<void> take(std::string_view piece) {
    rest_ += piece;
    std::string_view view = rest_;
    while (true) {
      const auto end = view.find('\n');
      if (end == std::string_view::npos) break;
      auto line = view.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (auto written = put(line, true); !written) return written;
      view.remove_prefix(end + 1);
    }
    // A line without end is not kept whole, however long it is.
    if (view.size() > kBufferBytes) {
      if (auto written = put(view.substr(0, view.size() - 1), false); !written) return written;
      view.remove_prefix(view.size() - 1);
    }
    rest_.erase(0, rest_.size() - view.size());
    return {};
  }
  Result<void> end() {
    if (rest_.empty() && at_start_) return {};
    std::string_view line = rest_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return put(line, true);
  }

 private:
  Result<void> put(std::string_view line, bool whole) {
    if (at_start_ && from_lines_ == FromLines::quoted && line.starts_with(kFrom)) {
      if (auto written = output_.write(">"); !written) return written;
    }
    if (auto written = output_.write(line); !written) return written;
    at_start_ = whole;
    return whole ? output_.write("\n") : Result<void>();
  }

  Output& output_;
  FromLines from_lines_;
  std::string rest_;
  bool at_start_ = true;
};

Result<void> write_all(int fd, std::string_view rest) {
  while (!rest.empty()) {
    const auto written = ::write(fd, rest.data(), rest.size());
    const int code = errno;
    if (written < 0 && code == EINTR) continue;
    if (written < 0) return system_error("writing the mailbox", code);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_content(Output& output, const Letter& letter, FromLines from_lines) {
  LineTurner turner(output, from_lines);
  while (true) {
    auto piece = letter.next();
    if (!piece) return std::unexpected(std::move(piece).error());
    if (piece->empty()) break;
    if (auto taken = turner.take(*piece); !taken) return taken;
  }
  return turner.end();
}

Result<void> write_return_path(Output& output, const Letter& letter) {
  return output.write("Return-Path: <" + shown_sender(letter) + ">\n");
}

}  // namespace

Output::Output(int fd) : sink_([fd](std::string_view bytes) { return write_all(fd, bytes); }) {}

Result<void> Output::write(std::string_view bytes) {
  waiting_ += bytes;
  return waiting_.size() < kBufferBytes ? Result<void>() : flush();
}

Result<void> Output::flush() {
  if (auto written = sink_(waiting_); !written) return written;
  waiting_.clear();
  return {};
}

std::string shown_sender(const Letter& letter) {
  std::string sender = letter.sender;
  for (char& c : sender) {
    if (c < ' ' || c > '~') c = '?';
  }
  return sender;
}

Result<void> write_letter(Output& output, const Letter& letter, FromLines from_lines) {
  if (auto written = write_return_path(output, letter); !written) return written;
  return write_content(output, letter, from_lines);
}

Result<void> write_letter(Output& output, const Letter& letter, const LetterForm& form) {
  if (!form.from_line.empty()) {
    if (auto written = output.write(form.from_line + "\n"); !written) return written;
  }
  if (form.return_path) {
    if (auto written = write_return_path(output, letter); !written) return written;
  }
  return write_content(output, letter, form.quoted ? FromLines::quoted : FromLines::kept);
}

Result<void> sync_folder(const std::string& path) {
  const std::string name = path.empty() ? "." : path;
  Fd folder(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int code = errno;
  // A folder that may be written but not read cannot be synced by us; the mail is in it.
  if (!folder.valid() && code == EACCES) return {};
  if (!folder.valid()) return system_error("opening " + name, code);
  if (fsync(folder.get()) != 0) return system_error("syncing " + name, errno);
  return {};
}

}  // namespace signet::mailbox
