// signet check -C FILE: everything an administrator must know before starting. The site is built as
// the daemon builds it, so what is said here is what will be.
#include "command/check.h"

#include <sysexits.h>

#include <algorithm>
#include <ctime>
#include <iostream>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/paths.h"
#include "signet/base/text.h"
#include "signet/daemon/daemon.h"
#include "signet/daemon/site.h"
#include "signet/sasl/library.h"

namespace signet::command {
namespace {

struct CheckOrder {
  daemon::ConfigurationSource source;
  bool json = false;
};

std::optional<CheckOrder> read_check_order(std::span<const std::string_view> args) {
  CheckOrder order;
  order.source.cf_dir = default_cf_dir();
  Arguments arguments(args);
  while (const auto option = arguments.next_option()) {
    if (*option == "-json") {
      order.json = true;
      continue;
    }
    const char letter = option->front();
    const auto value = letter == 'C' || letter == 'O' ? arguments.value(*option) : std::nullopt;
    if (!value) return std::nullopt;
    if (letter == 'C') {
      order.source.file = *value;
    } else {
      order.source.overrides.push_back(*value);
    }
  }
  if (!arguments.operands().empty()) return std::nullopt;  // else another file would be judged
  return order;
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : " ") + name;
  return text.empty() ? "none" : text;
}

PortFacts facts_of(const conf::DaemonPort& configured, const receive::Port& port,
                   const receive::Options& options) {
  PortFacts facts{.name = port.name,
                  .address = configured.address,
                  .port = configured.port,
                  .tls = {},
                  .auth_clear = {},
                  .auth_tls = {},
                  .auth = port.auth};
  if (port.session->implicit_tls) {
    facts.tls = port.tls ? "TLS from the start" : "NOT SERVED: TLS needs a certificate";
  } else if (port.session->offer_starttls) {
    facts.tls = "STARTTLS offered";
  } else {
    facts.tls = port.tls ? "no STARTTLS (modifier S)" : "no STARTTLS: no usable certificate";
  }
  if (port.auth) {
    facts.auth_clear = options.mechanisms_clear;
    facts.auth_tls = options.mechanisms_tls;
  }
  return facts;
}

void show_port(const PortFacts& port) {
  std::cout << "daemon=" << port.name << ", "
            << (port.address.empty() ? "every interface" : port.address) << " port " << port.port
            << ": " << port.tls;
  if (port.auth) {
    std::cout << "; AUTH before TLS: " << join(port.auth_clear)
              << "; under TLS: " << join(port.auth_tls) << '\n';
  } else {
    std::cout << "; no AUTH (modifier A)\n";
  }
}

// The lines that the daemon would log, from notice up. What to do stands behind "; remedy: ", in a
// line of its own that follows the one about the file.
void take_remarks(const maillog::Lines& lines, const std::string& file, Findings& findings) {
  constexpr std::string_view kRemedy = "; remedy: ";
  for (const auto& line : lines) {
    if (line.priority > maillog::Priority::notice) continue;
    Finding finding{
        .level = line.priority <= maillog::Priority::warning ? Level::error : Level::note,
        .code = istarts_with(line.text, "STARTTLS") ? "tls" : "site",
        .file = file,
        .text = line.text,
        .remedy = {}};
    if (const auto at = line.text.find(kRemedy); at != std::string::npos) {
      finding.text = line.text.substr(0, at);
      finding.remedy = line.text.substr(at + kRemedy.size());
    }
    // Of a remark that is only about what to do the line before says why.
    const bool only_remedy = finding.text.find(' ') == std::string::npos;
    if (!only_remedy || !findings.add_remedy(finding.remedy)) findings.add(std::move(finding));
  }
}

// What to do about a sentence of the compiler or loader.
std::string remedy_of(std::string_view text) {
  constexpr std::string_view kCannotOpen = "cannot open ";
  if (text.starts_with(kCannotOpen) && text.ends_with("No such file or directory")) {
    const auto path = text.substr(kCannotOpen.size());
    return "touch " + std::string(path.substr(0, path.find(": "))) +
           ", or write -o in front of its name: it may be missing then";
  }
  if (text.find(" not supported yet") != std::string_view::npos) {
    return "take the line out; docs/migrating.md says what there is";
  }
  for (const std::string_view idle :
       {"has no effect yet", "have no effect yet", "has no meaning here", "have no meaning here"}) {
    if (text.find(idle) != std::string_view::npos) return "none needed";
  }
  return {};
}

void take_sentence(Finding finding, Findings& findings) {
  finding.remedy = remedy_of(finding.text);
  findings.add(std::move(finding));
}

// The error of a load or start: a line each.
void take_errors(std::string_view errors, Findings& findings) {
  for (const auto line : split(errors, '\n')) {
    if (!trim(line).empty()) take_sentence(located(Level::error, "configuration", line), findings);
  }
}

void inspect_site(std::shared_ptr<const conf::Config> config, Inspection& inspection) {
  Findings& findings = inspection.findings;
  sasl::LibraryOptions library_options;
  library_options.conf_dir = config->sasl_conf_dir;
  auto library = sasl::Library::open(library_options);
  daemon::SiteParts parts;
  parts.sasl = library ? library->get() : nullptr;
  const auto site = daemon::make_site(std::move(config), parts);
  if (!site) {
    // A map that is missing was named before, with what to do.
    const auto said = [&](const Finding& finding) { return finding.code == "map-missing"; };
    if (site.error().system_code != ENOENT || std::ranges::none_of(findings.all(), said) ||
        !findings.has_errors()) {
      take_errors(site.error().what, findings);
    }
    return;
  }
  if (!library) {
    findings.add(Level::warning, "auth", inspection.file, "AUTH is off: " + library.error().what);
  }
  take_remarks((*site)->remarks, inspection.file, findings);
  inspection.host = (*site)->host;
  if ((*site)->config->feature("msp") != nullptr) return;  // it opens no port
  const auto& ports = (*site)->config->daemon_ports;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    inspection.ports.push_back(facts_of(ports[i], *(*site)->ports[i], *(*site)->receive));
  }
}

void take_warnings(const conf::Warnings& warnings, Findings& findings) {
  for (const auto& warning : warnings) {
    // That was an error already.
    if (warning.text.ends_with("; the daemon refuses it")) continue;
    take_sentence({.level = Level::warning,
                   .code = "configuration",
                   .file = warning.at.file,
                   .line = warning.at.line,
                   .text = warning.text,
                   .remedy = {}},
                  findings);
  }
}

// What can be said all the same of a configuration that names what is not built yet.
void inspect_refused(const daemon::ConfigurationSource& source, Findings& findings) {
  const auto loaded = daemon::load_configuration(source, conf::Purpose::compile);
  if (!loaded) return;
  take_warnings(loaded->warnings, findings);
  check_writers(source.file, findings);
  check_maps(loaded->config, findings);
  check_aliases(loaded->config, findings);
  check_mailers(loaded->config, findings);
  check_certificates(loaded->config, std::time(nullptr), findings);
  check_ports(loaded->config, findings);
}

// A sysexits code.
int inspect(const CheckOrder& order, Inspection& inspection) {
  Findings& findings = inspection.findings;
  inspection.file = order.source.file;
  auto loaded = daemon::load_configuration(order.source);
  if (!loaded) {
    take_errors(loaded.error().what, findings);
    if (conf::exit_code(loaded.error()) == EX_OSFILE) return EX_OSFILE;
    inspect_refused(order.source, findings);
    return EX_CONFIG;
  }
  take_warnings(loaded->warnings, findings);
  const auto config = std::make_shared<const conf::Config>(std::move(loaded->config));
  check_writers(order.source.file, findings);
  check_maps(*config, findings);
  check_aliases(*config, findings);
  check_mailers(*config, findings);
  inspect_site(config, inspection);
  check_certificates(*config, std::time(nullptr), findings);
  if (config->feature("msp") != nullptr) {
    check_client_queue(*config, findings);
  } else {
    if (const auto users = daemon::users_of_programs(*config); !users) {
      take_errors(users.error().what, findings);
    }
    check_queue(*config, findings);
  }
  check_ports(*config, findings);
  check_filters(*config, findings);
  return findings.has_errors() ? EX_CONFIG : EX_OK;
}

void show(const Inspection& inspection) {
  for (const auto& finding : inspection.findings.all()) std::cout << to_text(finding) << '\n';
  if (inspection.host.empty()) return;
  std::cout << "host name: " << inspection.host << '\n';
  for (const auto& port : inspection.ports) show_port(port);
}

}  // namespace

int check(std::span<const std::string_view> args) {
  const auto order = read_check_order(args);
  if (!order) {
    std::cerr << "usage: signet check [-C FILE] [-O Option=value] [--json]\n";
    return EX_USAGE;
  }
  Inspection inspection;
  const int status = inspect(*order, inspection);
  if (order->json) {
    std::cout << to_json(inspection);
  } else {
    show(inspection);
  }
  return std::cout.flush() ? status : EX_IOERR;
}

}  // namespace signet::command
