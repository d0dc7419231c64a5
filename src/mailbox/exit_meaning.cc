// Exit codes as sendmail tells them (its sysexits table).
#include <array>

#include <fmt/format.h>

#include "signet/mailbox/program.h"

namespace signet::mailbox {
namespace {

struct ExitRow {
  int code;
  bool temporary;
  std::string_view status;
  std::string_view words;
};
constexpr int kTryLater = 75;  // EX_TEMPFAIL
constexpr std::array kExitRows = std::to_array<ExitRow>({
    {64, false, "5.0.0", "Bad usage"},
    {65, false, "5.6.0", "Data format error"},
    {66, false, "5.3.0", "Cannot open input"},
    {67, false, "5.1.1", "User unknown"},
    {68, false, "5.1.2", "Host unknown"},
    {69, false, "5.0.0", "Service unavailable"},
    {70, false, "5.3.0", "Internal error"},
    {71, true, "4.0.0", "Operating system error"},
    {72, false, "5.3.5", "System file missing"},
    {73, false, "5.0.0", "Can't create output"},
    {74, true, "4.0.0", "I/O error"},
    {76, false, "5.5.0", "Remote protocol error"},
    {77, false, "5.0.0", "Insufficient permission"},
    {78, false, "5.3.5", "Local configuration error"},
});

}  // namespace

ExitMeaning meaning_of_exit(const ProgramEnd& end, std::string_view mailer) {
  if (end.status == 0 && end.signal == 0 && !end.late) return {};
  if (end.late) return {true, "4.3.0", fmt::format("{} took too long", mailer)};
  if (end.signal != 0)
    return {true, "4.3.0", fmt::format("{} died with signal {}", mailer, end.signal)};
  if (end.status == kTryLater)
    return {true, "4.0.0", fmt::format("{} exited with EX_TEMPFAIL", mailer)};
  for (const auto& row : kExitRows) {
    if (row.code == end.status)
      return {row.temporary, std::string(row.status), std::string(row.words)};
  }
  return {false, "5.3.0", fmt::format("unknown mailer error {}", end.status)};
}

}  // namespace signet::mailbox
