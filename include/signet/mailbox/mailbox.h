// Final delivery into a local mailbox, mbox with dot-lock and fcntl lock or Maildir, or into a file
// that an alias names. Runs in the agent's child, as the recipient; blocking. Mail is synced before
// the answer says delivered.
#pragma once

#include <functional>
#include <string>

#include "signet/base/clock.h"
#include "signet/base/result.h"
#include "signet/mailbox/file_trust.h"

namespace signet::mailbox {

enum class Format { mbox, maildir };

struct Place {
  Format format = Format::mbox;
  std::string path{};  // mbox file, or Maildir folder (made, with cur new tmp, when missing)
  Duration lock_patience = std::chrono::seconds(20);  // mbox: how long to wait for others
};

struct Letter {
  std::string sender{};  // envelope sender without brackets, for "From " and Return-Path:; "" is <>
  WallTime when{};
  // Next piece of content (CRLF lines); empty: the end. An error: the content is cut short and
  // nothing may stay in the mailbox.
  std::function<Result<std::string>()> next{};
};

// CRLF becomes LF; mbox: "From " line in front, body lines that begin with "From " get a '>'.
// Return-Path: is put in front. Errors: temporary (locked, no space, folder missing) or permanent
// (not a regular file, another's file, no permission); a half-written mbox is cut back to its old
// length.
[[nodiscard]] Result<void> deliver(const Place& place, const Letter& letter);

// What is put around the content for files and programs: flags of their mailers.
struct LetterForm {
  std::string from_line{};   // UnixFromLine, filled in; empty: none
  bool return_path = false;  // P: Return-Path: in front
  bool quoted = false;       // E: body lines that begin with "From " get a '>'
};

struct FilePlace {
  std::string path{};         // absolute
  std::string environment{};  // SafeFileEnvironment: the folder below which it must be; empty: any
  FileTrust trust{};
  LetterForm form{};
  Duration lock_patience = std::chrono::seconds(20);
};
// Behind what is in the file, which is made when it is missing: ours, with one name, no link, and
// nobody else's to write. /dev/null takes everything.
[[nodiscard]] Result<void> deliver_file(const FilePlace& place, const Letter& letter);

}  // namespace signet::mailbox
