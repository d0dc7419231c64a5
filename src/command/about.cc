// What sendmail says of itself: -d0.1 and above, -bP, -bh, -bH.
#include <sysexits.h>

#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "command/faces.h"
#include "command/queue_listing.h"
#include "signet/base/text.h"
#include "signet/daemon/site.h"

namespace signet::command {
namespace {

// Words of sendmail's list for what is built in here too.
constexpr std::string_view kCompiledWith =
    " Compiled with: IPV6_FULL LOG MAP_REGEX NAMED_BIND NETINET NETINET6 NEWDB=5.3\n"
    "\t\tPIPELINING SASLv2 STARTTLS TLS_EC\n";

void show_identity(const daemon::Site& site) {
  const auto dot = std::min(site.host.find('.'), site.host.size());
  const std::string domain =
      dot < site.host.size() ? site.host.substr(dot + 1) : std::string("<null>");
  const std::string nick = site.host.substr(0, dot);
  std::cout << "\n============ SYSTEM IDENTITY (after readcf) ============\n"
            << "      (short domain name) $w = " << nick << '\n'
            << "  (canonical domain name) $j = " << site.host << '\n'
            << "         (subdomain name) $m = " << domain << '\n'
            << "              (node name) $k = " << nick << '\n'
            << "========================================================\n\n";
}

}  // namespace

std::optional<unsigned> debug_level(std::string_view flags) {
  std::optional<unsigned> level;
  for (const auto flag : split(flags, ',')) {
    const auto dot = flag.find('.');
    const auto range = flag.substr(0, dot);
    // "0", "0-99": category 0 is in it.
    if (range != "0" && !range.starts_with("0-")) continue;
    const auto wanted = dot == std::string_view::npos ? 1 : parse_number(flag.substr(dot + 1));
    if (wanted) level = static_cast<unsigned>(std::min<std::uint64_t>(*wanted, 127));
  }
  return level;
}

void show_about(const daemon::ConfigurationSource& source, unsigned level) {
  if (level == 0) return;
  std::cout << "Version " SIGNET_VERSION " (Signet)\n" << kCompiledWith;
  auto loaded = daemon::load_configuration(source);
  if (!loaded) return;  // whoever reads it next says what is wrong
  auto config = std::make_shared<const conf::Config>(std::move(loaded->config));
  const auto site = daemon::make_site(config, daemon::SiteParts());
  if (!site) return;
  if (level >= 4) {
    std::cout << "Canonical name: " << (*site)->host << '\n';
    for (const auto& name : (*site)->receive->site.local_domains) {
      if (name != (*site)->host) std::cout << "\ta.k.a.: " << name << '\n';
    }
  }
  if (level >= 13) {
    std::cout << "     Conf file:\t" << source.file << " (selected)\n"
              << "      Pid file:\t" << config->pid_file << " (selected)\n";
  }
  show_identity(**site);
  std::cout.flush();
}

int count_queue(const daemon::ConfigurationSource& source) {
  const auto queue = read_queue(source);
  if (!queue) return queue.error();
  const auto all = queue->messages.size();
  const auto held = std::ranges::count_if(queue->messages, [](const auto& m) { return m.held(); });
  std::cout << fmt::format("{}: entries={}, quarantined={}\n\t\tTotal requests: {}\n",
                           queue->directory, all, held, all);
  return std::cout.flush() ? EX_OK : EX_IOERR;
}

int host_status(bool purge) {
  if (purge) return EX_OK;  // nothing is kept, nothing is left
  std::cerr << "sendmail: the state of other hosts is kept in the daemon's memory, not on disk; "
               "mailq and the log say why mail waits\n";
  return EX_UNAVAILABLE;
}

}  // namespace signet::command
