// The two kinds of mailbox, and what they share: a file written through a small buffer, content
// with its line ends turned.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "signet/base/fd.h"
#include "signet/base/result.h"
#include "signet/mailbox/mailbox.h"

namespace signet::mailbox {

[[nodiscard]] Result<void> deliver_mbox(const std::string& path, Duration lock_patience,
                                        const Letter& letter);
[[nodiscard]] Result<void> deliver_maildir(const std::string& path, const Letter& letter);

// Appends to a descriptor, or gives to somebody who writes; full writes only.
class Output final {
 public:
  using Sink = std::function<Result<void>(std::string_view bytes)>;
  explicit Output(int fd);
  explicit Output(Sink sink) : sink_(std::move(sink)) {}
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> flush();

 private:
  Sink sink_;
  std::string waiting_;
};

// The sender as it may stand in a line of its own: what is no printable ASCII becomes '?'.
[[nodiscard]] std::string shown_sender(const Letter& letter);

enum class FromLines { kept, quoted };  // quoted: a body line "From " gets a '>' (mbox)

// Return-Path:, then the content with LF line ends and a line end at the end.
[[nodiscard]] Result<void> write_letter(Output& output, const Letter& letter, FromLines from_lines);
// The same for programs and files.
[[nodiscard]] Result<void> write_letter(Output& output, const Letter& letter,
                                        const LetterForm& form);
// What has to come between the last letter of a file, perhaps cut short by a crash, and the next.
[[nodiscard]] Result<std::string> gap_after(int fd, off_t length);
[[nodiscard]] Result<void> sync_folder(const std::string& path);

}  // namespace signet::mailbox
