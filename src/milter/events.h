// How the protocol knows each event: its letter, its stage of macros, the flags by which a filter
// wants none of it, or does not answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "signet/milter/filter_session.h"

namespace signet::milter {

struct EventRow {
  Event event;
  char letter;
  std::string_view name;       // in the log
  std::optional<Stage> stage;  // none: no macros
  std::uint32_t unwanted;      // SMFIP_NO*; 0: always wanted
  std::uint32_t unanswered;    // SMFIP_NR_*; 0: always answered
};
[[nodiscard]] const EventRow& row_of(Event event);

}  // namespace signet::milter
