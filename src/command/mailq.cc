// The queue as sendmail's mailq shows it: read from the journal, which works
// whether the daemon runs or not.
#include <sysexits.h>
#include <unistd.h>

#include <ctime>
#include <iostream>

#include <fmt/format.h>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/paths.h"
#include "command/queue_listing.h"
#include "command/submission.h"
#include "signet/base/text.h"
#include "signet/daemon/daemon.h"
#include "signet/queue/journal_spool.h"

namespace signet::command {
namespace {

constexpr std::size_t kStatusWidth = 60;

std::string queue_time(WallTime when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%a %b %e %H:%M", &local)};
}

std::string shown(const mail::Recipient& recipient) {
  return recipient.is_address() ? mail::in_brackets(recipient.address) : recipient.address;
}

void show(const queue::Message& message) {
  const auto& envelope = message.envelope;
  std::cout << fmt::format("{:<14} {:8} {} {}\n", envelope.id, envelope.size,
                           queue_time(envelope.arrived),
                           printable(mail::in_brackets(envelope.sender)));
  if (!message.status.empty()) {
    std::cout << fmt::format("                 ({})\n", printable(message.status, kStatusWidth));
  }
  if (message.held()) {
    std::cout << fmt::format("     QUARANTINE: {}\n", printable(envelope.quarantine, kStatusWidth));
  }
  for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
    if (i < message.done.size() && message.done[i]) continue;
    if (envelope.recipients[i].kind == mail::Recipient::Kind::alias) continue;
    std::cout << "\t\t\t\t\t " << printable(shown(envelope.recipients[i])) << '\n';
  }
}

}  // namespace

int mailq(std::span<const std::string_view> args) {
  daemon::ConfigurationSource source;
  source.cf_dir = default_cf_dir();
  Arguments arguments(args);
  bool quarantined = false;
  Submission client;
  while (const auto option = arguments.next_option()) {
    if (*option == "Ac") {
      client.part = Part::client;
      continue;
    }
    if (*option == "qQ") {
      quarantined = true;
      continue;
    }
    const bool file = option->front() == 'C';
    const auto value = file ? arguments.value(*option) : std::nullopt;
    if (!value) {
      std::cerr << "usage: mailq [-qQ] [-Ac] [-C file]\n";
      return EX_USAGE;
    }
    source.file = *value;
    client.named_file = true;
  }
  if (client.part == Part::client) {
    client.source = source;
    return list_client_queue(client);
  }
  return list_queue(source, quarantined);
}

int list_queue(const daemon::ConfigurationSource& source, bool quarantined) {
  auto queue = read_queue(source);
  if (!queue) return queue.error();
  auto& listed = queue->messages;
  std::erase_if(listed, [&](const auto& message) { return message.held() != quarantined; });
  if (listed.empty()) {
    std::cout << queue->directory << " is empty\n";
  } else {
    std::cout
        << fmt::format("\t\t{} ({} request{})\n", queue->directory, listed.size(),
                       listed.size() == 1 ? "" : "s")
        << "-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n";
    for (const auto& message : listed) show(message);
  }
  std::cout << "\t\tTotal requests: " << listed.size() << '\n';
  return std::cout.flush() ? EX_OK : EX_IOERR;
}

}  // namespace signet::command
