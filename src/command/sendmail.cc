// The face of sendmail: the daemon (-bd, -bD), queue runs (-q), the queue's list (-bp). Handing
// mail in from the command line comes with the local submission step and is refused until then.
#include <signal.h>
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <string>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/paths.h"
#include "signet/base/text.h"
#include "signet/daemon/daemon.h"
#include "signet/queue/journal_spool.h"

namespace signet::command {
namespace {

struct Order {
  char mode = 'm';  // -b
  bool run_queue = false;
  bool quarantined = false;       // -qQ: about messages that are held
  bool release = false;           // -Q without a reason
  bool check_aliases = false;     // -n, with -bi
  std::optional<unsigned> debug;  // -d0.N
  std::vector<std::string> ids;   // -qI
  daemon::StartOptions start;
};

int refuse(std::string_view text) {
  std::cerr << text << '\n';
  return EX_USAGE;
}

// "30m", "1h30m"; a bare number is minutes.
std::optional<std::chrono::seconds> parse_interval(std::string_view text) {
  std::uint64_t total = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number(text.substr(0, end));
    if (!number || *number > 1000000) return std::nullopt;
    std::uint64_t unit = 60;
    if (end < text.size()) {
      switch (text[end]) {
        case 's':
          unit = 1;
          break;
        case 'm':
          unit = 60;
          break;
        case 'h':
          unit = 3600;
          break;
        case 'd':
          unit = 86400;
          break;
        case 'w':
          unit = 604800;
          break;
        default:
          std::cerr << "Invalid time unit `" << text[end] << "'\n";
          return std::nullopt;
      }
    }
    total += *number * unit;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (total == 0) return std::nullopt;
  return std::chrono::seconds(total);
}

// Asks the running daemon for a queue run.
int run_queue_once(const daemon::ConfigurationSource& source) {
  const auto loaded = daemon::load_configuration(source);
  if (!loaded) {
    std::cerr << loaded.error().what << '\n';
    return conf::exit_code(loaded.error());
  }
  const auto daemon = daemon::running_daemon(loaded->config);
  if (!daemon) {
    std::cerr << "no daemon is running (" << daemon.error().what
              << "): start one with -bd, it runs the queue\n";
    return EX_UNAVAILABLE;
  }
  if (kill(*daemon, SIGUSR1) != 0) {
    std::cerr << "asking the daemon for a queue run: " << error_text(errno) << '\n';
    return EX_NOPERM;
  }
  return EX_OK;
}

// Lets quarantined messages go: those of the ids, or all.
int release(const Order& order) {
  const auto& source = order.start.configuration;
  const auto loaded = daemon::load_configuration(source);
  if (!loaded) {
    std::cerr << loaded.error().what << '\n';
    return conf::exit_code(loaded.error());
  }
  const std::string& directory = loaded->config.queue_directory;
  const auto listed = queue::list_journal(directory);
  if (!listed) {
    std::cerr << listed.error().what << '\n';
    return EX_NOPERM;
  }
  for (const auto& id : order.ids) {
    const bool held = std::ranges::any_of(*listed, [&](const queue::Message& message) {
      return message.held() && message.envelope.id == id;
    });
    if (!held) {
      std::cerr << "no quarantined message " << printable(id) << '\n';
      return EX_DATAERR;
    }
  }
  const auto ids = order.ids.empty() ? std::vector<std::string>{"all"} : order.ids;
  if (auto ordered = daemon::order_release(directory, ids); !ordered) {
    std::cerr << ordered.error().what << '\n';
    return EX_NOPERM;
  }
  const auto daemon = daemon::running_daemon(loaded->config);
  if (daemon && kill(*daemon, SIGUSR1) == 0) return EX_OK;
  std::cout << "no daemon is running: they go when one starts\n";
  return EX_OK;
}

int check_configuration(const daemon::ConfigurationSource& source) {
  std::vector<std::string_view> args{"check", "-C", source.file};
  for (const auto& option : source.overrides) {
    args.emplace_back("-O");
    args.emplace_back(option);
  }
  return check(args);
}

int carry_out(const Order& order) {
  if (order.debug) show_about(order.start.configuration, *order.debug);
  switch (order.mode) {
    case 'd':
    case 'D': {
      auto start = order.start;
      start.foreground = order.mode == 'D';
      return daemon::run_daemon(start);
    }
    case 'p':
      return list_queue(order.start.configuration, order.quarantined);
    case 't':
      return address_test(order.start.configuration);
    case 'P':
      return count_queue(order.start.configuration);
    case 'h':
    case 'H':
      return host_status(order.mode == 'H');
    case 'C':
      return check_configuration(order.start.configuration);
    case 'i':
      return rebuild_aliases(order.start.configuration, order.check_aliases);
    default:
      break;
  }
  if (order.release) {
    if (order.quarantined || !order.ids.empty()) return release(order);
    return refuse("sendmail: -Q wants -qQ: to let quarantined messages go");
  }
  if (order.start.queue_interval) {
    auto start = order.start;
    start.listen = false;
    start.foreground = false;
    return daemon::run_daemon(start);
  }
  if (order.quarantined || !order.ids.empty()) {
    return refuse("sendmail: -qQ and -qI go with -bp or -Q");
  }
  if (order.run_queue) return run_queue_once(order.start.configuration);
  std::cerr
      << "sendmail: handing in mail from the command line is not supported yet: send it to the "
         "daemon's submission port\n";
  return EX_UNAVAILABLE;
}

}  // namespace

int sendmail(std::span<const std::string_view> args) {
  Order order;
  auto& source = order.start.configuration;
  source.cf_dir = default_cf_dir();
  for (const auto arg : args) {
    if (!order.start.command_line.empty()) order.start.command_line += ' ';
    order.start.command_line += arg;
  }
  Arguments arguments(args);
  while (const auto option = arguments.next_option()) {
    const char letter = option->front();
    std::optional<std::string> value;
    if (std::string_view("bCOfFLX").find(letter) != std::string_view::npos) {
      value = arguments.value(*option);
      if (!value)
        return refuse("sendmail: option requires an argument -- " + std::string(1, letter));
    }
    switch (letter) {
      case 'b':
        order.mode = value->front();
        if (order.mode == 'z') return refuse("Frozen configurations unsupported");
        if (std::string_view("dDmpitPhHC").find(order.mode) == std::string_view::npos) {
          return refuse("sendmail: mode -b" + *value + " is not supported yet");
        }
        break;
      case 'C':
        source.file = *value;
        break;
      case 'O':
        source.overrides.push_back(*value);
        break;
      case '-':
        if (option->starts_with("-cf-dir=")) {
          source.cf_dir = option->substr(8);
          break;
        }
        return refuse("sendmail: unknown option -" + std::string(*option));
      case 'q':
        if (option->size() == 1) {
          order.run_queue = true;
        } else if (*option == "qQ") {
          order.quarantined = true;
        } else if (option->starts_with("qI") && option->size() > 2) {
          order.ids.emplace_back(option->substr(2));
        } else if (const auto interval = parse_interval(option->substr(1))) {
          order.start.queue_interval = interval;
        } else {
          return refuse("sendmail: -" + std::string(*option) + ": no interval such as -q30m");
        }
        break;
      case 'd':
        order.debug = debug_level(option->substr(1));
        break;
      case 'n':
        order.check_aliases = true;
        break;
      case 'Q':
        if (option->size() > 1) {
          return refuse(
              "sendmail: -Q with a reason, to quarantine queued mail, is not supported yet");
        }
        order.release = true;
        break;
      default:
        return refuse("sendmail: illegal option -- " + std::string(1, letter));
    }
  }
  return carry_out(order);
}

}  // namespace signet::command
