#include "signet/mailbox/mailbox.h"

#include "mailbox/writers.h"

namespace signet::mailbox {

Result<void> deliver(const Place& place, const Letter& letter) {
  return place.format == Format::mbox ? deliver_mbox(place.path, letter)
                                      : deliver_maildir(place.path, letter);
}

}  // namespace signet::mailbox
