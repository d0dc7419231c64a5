// What a session says in more than one place.
#pragma once

#include <string>
#include <string_view>

#include "signet/mail/reply.h"

namespace signet::receive::replies {

inline mail::Reply accepted(std::string_view enhanced, std::string_view address,
                            std::string_view text) {
  return {250, std::string(enhanced), mail::with_address(250, address, text)};
}
inline mail::Reply try_later() {
  return {451, "4.3.0", "Temporary system failure. Please try again later."};
}

}  // namespace signet::receive::replies
