// The two kinds of mailbox, and what they share: a file written through a small buffer, content
// with its line ends turned.
#pragma once

#include <string>
#include <string_view>

#include "signet/base/fd.h"
#include "signet/base/result.h"
#include "signet/mailbox/mailbox.h"

namespace signet::mailbox {

[[nodiscard]] Result<void> deliver_mbox(const std::string& path, Duration lock_patience,
                                        const Letter& letter);
[[nodiscard]] Result<void> deliver_maildir(const std::string& path, const Letter& letter);

// Appends to a descriptor; full writes only.
class Output final {
 public:
  explicit Output(int fd) : fd_(fd) {}
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> flush();

 private:
  int fd_;
  std::string waiting_;
};

// The sender as it may stand in a line of its own: what is no printable ASCII becomes '?'.
[[nodiscard]] std::string shown_sender(const Letter& letter);

enum class FromLines { kept, quoted };  // quoted: a body line "From " gets a '>' (mbox)

// Return-Path:, then the content with LF line ends and a line end at the end.
[[nodiscard]] Result<void> write_letter(Output& output, const Letter& letter, FromLines from_lines);
[[nodiscard]] Result<void> sync_folder(const std::string& path);

}  // namespace signet::mailbox
