// The way to local mailboxes, programs, files and lists: whoever implements it passes the letter to
// the agent process, which becomes the user (DESIGN §2). Answers come on the caller's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signet/mail/envelope.h"
#include "signet/mail/reply.h"
#include "signet/queue/spool.h"

namespace signet::deliver {

struct LocalLetter {
  // address, mailbox: to the mailbox of `user`; list: nothing is delivered, its text is wanted.
  mail::Recipient::Kind kind = mail::Recipient::Kind::address;
  std::string user{};    // program, file, list: with whose rights; empty: DefaultUser
  std::string target{};  // the command; the path
  // Who names program, file or list: an alias by its key, or the last of these files, which begin
  // with a .forward file or a list that another alias names. The agent looks there before it
  // believes it.
  std::string alias{};
  std::vector<std::string> files{};
  std::string list_alias{};
  std::string sender{};
  // A mailer that is a program gets it: `user` is $u, and nobody's rights.
  std::string mailer{};                             // empty: none
  std::string host{};                               // $h
  bool may_forward = false;                         // a .forward file of the user says who gets it
  std::shared_ptr<const queue::Content> content{};  // null for a list
};

// A list or .forward file as it was read.
struct MembersFile {
  std::string path;
  std::string text;
  std::string user;  // with whose rights its programs and files are used; empty: DefaultUser
};

struct LocalResult {
  bool delivered = false;
  bool temporary = false;
  std::string status{};                  // "2.0.0", "4.2.0", "5.1.1"
  std::string reason{};                  // "User unknown", "mailbox is locked"
  std::string ids{};                     // "1000/1000": program, file: whose rights were used
  std::string output{};                  // what the program said
  std::string remark{};                  // for the log: a file that was not believed
  std::optional<MembersFile> members{};  // these get the mail, or stand on the list
};

class LocalAgent {
 public:
  virtual ~LocalAgent() = default;
  virtual void deliver(LocalLetter letter, std::move_only_function<void(LocalResult)> answer) = 0;
};

}  // namespace signet::deliver
