// signet check -C FILE: everything an administrator must know before starting. The site is built as
// the daemon builds it, so what is said here is what will be.
#include <sysexits.h>

#include <algorithm>
#include <iostream>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/paths.h"
#include "signet/daemon/daemon.h"
#include "signet/daemon/site.h"
#include "signet/sasl/library.h"

namespace signet::command {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text.empty() ? "none" : text;
}

void show_ports(const daemon::Site& site) {
  const auto& ports = site.config->daemon_ports;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const auto& port = *site.ports[i];
    std::cout << "daemon=" << port.name << ", "
              << (ports[i].address.empty() ? "every interface" : ports[i].address) << " port "
              << ports[i].port << ": ";
    if (port.session->implicit_tls) {
      std::cout << (port.tls ? "TLS from the start" : "NOT SERVED: TLS needs a certificate");
    } else if (port.session->offer_starttls) {
      std::cout << "STARTTLS offered";
    } else if (port.tls) {
      std::cout << "no STARTTLS (modifier S)";
    } else {
      std::cout << "no STARTTLS: no usable certificate";
    }
    if (!port.auth) {
      std::cout << "; no AUTH (modifier A)\n";
    } else {
      std::cout << "; AUTH before TLS: " << join(site.receive->mechanisms_clear)
                << "; under TLS: " << join(site.receive->mechanisms_tls) << '\n';
    }
  }
}

}  // namespace

int check(std::span<const std::string_view> args) {
  const auto usage = [] {
    std::cerr << "usage: signet check [-C FILE] [-O Option=value]\n";
    return EX_USAGE;
  };
  daemon::ConfigurationSource source;
  source.cf_dir = default_cf_dir();
  Arguments arguments(args);
  while (const auto option = arguments.next_option()) {
    const char letter = option->front();
    const auto value = letter == 'C' || letter == 'O' ? arguments.value(*option) : std::nullopt;
    if (!value) return usage();
    if (letter == 'C') {
      source.file = *value;
    } else {
      source.overrides.push_back(*value);
    }
  }
  if (!arguments.operands().empty()) return usage();  // else another file would be judged
  auto loaded = daemon::load_configuration(source);
  if (!loaded) {
    std::cerr << loaded.error().what << '\n';
    return conf::exit_code(loaded.error()) == EX_OSFILE ? EX_OSFILE : EX_CONFIG;
  }
  for (const auto& warning : loaded->warnings) {
    std::cout << "warning: " << warning.to_string() << '\n';
  }
  auto config = std::make_shared<const conf::Config>(std::move(loaded->config));
  sasl::LibraryOptions library_options;
  library_options.conf_dir = config->sasl_conf_dir;
  auto library = sasl::Library::open(library_options);
  daemon::SiteParts parts;
  parts.sasl = library ? library->get() : nullptr;
  const auto site = daemon::make_site(std::move(config), parts);
  if (!site) {
    std::cout << "error: " << site.error().what << '\n';
    return EX_CONFIG;
  }
  if (!library) std::cout << "warning: AUTH is off: " << library.error().what << '\n';
  bool wrong = false;
  for (const auto& line : (*site)->remarks) {
    const bool serious = line.priority <= maillog::Priority::warning;
    wrong = wrong || serious;
    if (line.priority <= maillog::Priority::notice) {
      std::cout << (serious ? "problem: " : "note: ") << line.text << '\n';
    }
  }
  std::cout << "host name: " << (*site)->host << '\n';
  show_ports(**site);
  return wrong ? EX_CONFIG : EX_OK;
}

}  // namespace signet::command
