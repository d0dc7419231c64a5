#include "signet/policy/receipts.h"

#include <algorithm>

namespace signet::policy {

std::optional<mail::Recipient> hand_down(const mail::Recipient& named,
                                         std::vector<mail::Recipient>& members) {
  const bool is_owned = !members.empty() && std::ranges::none_of(members, [](const auto& member) {
    return member.owner.empty();
  });
  const bool takes_place = members.size() == 1 && !is_owned;
  for (auto& member : members) {
    if (!member.owner.empty()) continue;
    member.notify = takes_place ? named.notify : named.notify.without_success();
    member.original = named.original;
  }
  if (takes_place || !named.notify.success) return std::nullopt;
  return mail::Recipient{.address = named.address,
                         .kind = mail::Recipient::Kind::alias,
                         .owner = is_owned ? members.front().owner : std::string(),
                         .notify = {.success = true},
                         .original = named.original};
}

}  // namespace signet::policy
