#include "signet/mailbox/mailbox.h"

#include "mailbox/writers.h"

namespace signet::mailbox {

Result<void> deliver(const Place& place, const Letter& letter) {
  if (place.format == Format::maildir) return deliver_maildir(place.path, letter);
  return deliver_mbox(place.path, place.lock_patience, letter);
}

}  // namespace signet::mailbox
