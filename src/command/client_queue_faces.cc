#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <grp.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <iostream>
#include <thread>

#include <fmt/format.h>

#include "command/clerk.h"
#include "command/client_setup.h"
#include "command/restrictions.h"
#include "command/submission.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"

namespace signet::command {
namespace {

// The queue's files belong to RunAsUser; a queue run needs no more than that.
bool become_owner(const ClientSetup& setup) {
  if (!setup.owner) return true;
  const auto [uid, gid] = *setup.owner;
  return setgroups(1, &gid) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

void show_waiting(const clientqueue::Waiting& message) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(message.arrived);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> time{};
  static_cast<void>(std::strftime(time.data(), time.size(), "%a %b %e %H:%M", &local));
  std::cout << fmt::format("{:<14} {:8} {} {}\n", message.id, message.size, time.data(),
                           printable(mail::in_brackets(message.sender)));
  if (!message.status.empty()) {
    std::cout << fmt::format("                 ({})\n", printable(message.status, 60));
  }
  for (const auto& one : message.recipients) {
    std::cout << "\t\t\t\t\t " << printable(mail::in_brackets(one)) << '\n';
  }
}

}  // namespace

int run_client_queue(const Submission& order, std::optional<std::chrono::seconds> interval) {
  signal(SIGPIPE, SIG_IGN);
  auto setup = client_setup(order);
  if (!setup) return cannot_submit(setup.error());
  if (!may_run_queue(setup->config.privacy, setup->queue_folder)) return refuse_to_run_queue();
  if (!become_owner(*setup)) {
    std::cerr << "sendmail: becoming the owner of " << setup->queue_folder << ": "
              << error_text(errno) << '\n';
    return EX_OSERR;
  }
  umask(007);
  if (!interval) return Clerk(order, std::move(*setup)).run_queue();
  if (auto queue = clientqueue::ClientQueue::open(setup->queue_folder, std::nullopt); !queue) {
    std::cerr << "sendmail: " << queue.error().what << '\n';
    return EX_CANTCREAT;
  }
  if (::daemon(0, 0) != 0) return EX_OSERR;
  {
    std::ofstream file(setup->config.pid_file);
    file << getpid() << "\nsendmail " << order.log_tag << '\n';
  }
  while (true) {
    // Anew each time: the MTA's address and the log may have changed.
    if (auto now = client_setup(order)) {
      static_cast<void>(Clerk(order, std::move(*now)).run_queue());
    } else if (const auto log = open_client_log(*setup, order.log_tag)) {
      log->write(maillog::remark(maillog::Priority::error, now.error().what));
    }
    std::this_thread::sleep_for(*interval);
  }
}

int list_client_queue(const Submission& order) {
  auto setup = client_setup(order);
  if (!setup) return cannot_submit(setup.error());
  const std::string& folder = setup->queue_folder;
  if (!may_see_queue(setup->config.privacy, folder)) return refuse_to_show_queue();
  auto queue = clientqueue::ClientQueue::open(folder, std::nullopt);
  if (!queue) {
    std::cerr << queue.error().what << '\n';
    return EX_NOPERM;
  }
  const auto ids = queue->ids();
  if (!ids) return cannot_submit(ids.error());
  if (ids->empty()) {
    std::cout << folder << " is empty\n";
  } else {
    std::cout
        << fmt::format("\t\t{} ({} request{})\n", folder, ids->size(), ids->size() == 1 ? "" : "s")
        << "-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n";
  }
  for (const auto& id : *ids) {
    const auto message = queue->read(id);
    if (message) {
      show_waiting(*message);
    } else if (message.error().system_code != ENOENT) {
      std::cout << id << ": " << printable(message.error().what) << '\n';
    }
  }
  std::cout << "\t\tTotal requests: " << ids->size() << '\n';
  return std::cout.flush() ? EX_OK : EX_IOERR;
}

}  // namespace signet::command
