// Recipients that become others while the mail is on its way: lists, members of a list with an
// owner, users with a .forward file. What they become gets messages of its own, one for each
// sender; when one is in the spool, the recipients that it was made of are done.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "deliver/work.h"
#include "signet/deliver/local_agent.h"
#include "signet/policy/aliases.h"

namespace signet::deliver {

struct Resend {
  std::shared_ptr<Work> work;
  std::vector<std::size_t> recipients;       // of the envelope: done in the end
  std::vector<mail::Recipient> lists;        // of these, what has to be read
  std::vector<mail::Recipient> members;      // who gets a copy as he is
  std::map<std::string, MembersFile> fresh;  // just read, by key of the list
  policy::ListTexts texts;                   // what stood there
  std::size_t bytes = 0;                     // of all that was read
  std::set<std::string> unreadable;  // members by key: a message of their own tries them again
  std::optional<mail::Recipient> mailbox{};  // of a .forward file that names nobody
  std::set<std::string> expanded{};          // of the lists by key, those that lead to several
  std::string forwarded;                     // key of the .forward file, where it is about one
  std::string why;                           // for the log, where there is no owner

  // What became of one of `recipients` when its members have their copies.
  [[nodiscard]] Outcome::Reach reach_of(std::size_t recipient) const;
};

// Is this recipient to become others, or another sender's?
[[nodiscard]] bool becomes_others(const mail::Envelope& envelope, const mail::Recipient& recipient);

// Who gets a copy, by the sender of it: empty: that of the message.
struct Copies {
  std::string owner;
  std::vector<mail::Recipient> recipients;
  std::vector<std::size_t> places;  // where these stood
};
[[nodiscard]] std::vector<Copies> copies_by_owner(const mail::Envelope& original,
                                                  std::vector<mail::Recipient> members);
// The message that takes such copies along.
[[nodiscard]] mail::Envelope envelope_of_copies(const mail::Envelope& original, Copies copies,
                                                std::string id);
// A message being made of the content of another; or of none: a report that returns the header.
struct Copying {
  std::shared_ptr<const queue::Content> content;
  std::unique_ptr<queue::Draft> draft;
  mail::Envelope envelope;
  std::string behind{};  // a report's last lines
  queue::OnCommitted then;
  std::uint64_t at = 0;
};

}  // namespace signet::deliver
