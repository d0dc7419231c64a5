// What a record says of recipients beside their addresses: parts with a letter each. A part that an
// older program had not, or that a newer one has, is passed over. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/envelope.h"

namespace signet::queue {

struct Part {
  std::uint8_t letter = 0;
  std::string text{};
};
using Parts = std::vector<Part>;

[[nodiscard]] Parts parts_of(const std::vector<mail::Recipient>& recipients);
// False: it is malformed. A letter that is none of these is fine.
[[nodiscard]] bool take_part_of_recipients(std::uint8_t letter, std::string_view text,
                                           std::vector<mail::Recipient>& recipients);

}  // namespace signet::queue
