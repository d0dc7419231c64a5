// Letters for the tests of mailboxes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "signet/mailbox/mailbox.h"

namespace signet::mailbox {

inline Letter letter_of(std::vector<std::string> pieces, std::string sender = "a@example.org") {
  Letter letter;
  letter.sender = std::move(sender);
  letter.when = WallTime(std::chrono::seconds(1'000'000'000));
  letter.next = [pieces = std::move(pieces), at = std::size_t{0}]() mutable -> Result<std::string> {
    return at < pieces.size() ? pieces[at++] : std::string();
  };
  return letter;
}

// Gives `pieces`, then an error.
inline Letter broken_letter(std::vector<std::string> pieces) {
  Letter letter = letter_of(std::move(pieces));
  letter.next = [next = std::move(letter.next)]() -> Result<std::string> {
    auto piece = next();
    if (piece && piece->empty()) return temporary("the content broke off");
    return piece;
  };
  return letter;
}

}  // namespace signet::mailbox
