// Which files that users and administrators write are believed: sendmail's rules about who may
// write them and the folders above them. A file is opened first and judged then, as it was opened.
// Blocking; as whoever the process is.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "signet/base/fd.h"
#include "signet/base/result.h"

namespace signet::mailbox {

// What DontBlameSendmail lets pass for one kind of file; nothing by default.
struct FileTrust {
  bool group_writable = false;
  bool world_writable = false;
  bool group_writable_folder = false;
  bool unsafe_folder = false;  // whoever may write it
  bool sticky_bit = false;     // who may write a folder with it may not replace what is in it
  bool own_folders = false;    // those above must belong to root or to who asks
  bool operator==(const FileTrust&) const = default;
};

// "World writable directory"; empty: nobody else can put another file in the place of this one.
[[nodiscard]] std::optional<std::string> fault_of_folders(const std::string& path,
                                                          const FileTrust& trust);

struct ListFile {
  std::string text;
  uid_t owner = 0;
};
// A list of :include:, or a .forward file, which must belong to `owner` or root. Errors say
// "PATH: Group writable file"; those of the system have its code, ENOENT for one that is missing.
[[nodiscard]] Result<ListFile> read_list_file(const std::string& path, const FileTrust& trust,
                                              std::optional<uid_t> owner);

}  // namespace signet::mailbox
