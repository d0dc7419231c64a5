#include "conf/final_checks.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conf/header_lines.h"
#include "signet/base/text.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

void check_header_forms(const Config& config, Problems& problems) {
  const auto own = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = config.macros.find(name);
    return found == config.macros.end() ? std::nullopt : std::optional(found->second.text);
  };
  for (const auto& [field, form] : config.header_forms) {
    problems.at = form.at;
    if (const auto unknown = unknown_macro(form.text, own)) {
      problems.refuse(fmt::format("form of {}: macro {} is not known when the field is written",
                                  field, printable(*unknown)));
    }
  }
}

// As in sendmail; and a file read while somebody writes it lacks its end.
void check_local_mailer(const Config& config, Problems& problems) {
  if (config.mailer("local") == nullptr) {
    problems.error("no local mailer: the file needs MAILER(`local')dnl, or is not whole");
  } else if (config.local_mailer() == nullptr) {
    problems.refuse(fmt::format("confLOCAL_MAILER: there is no MAILER(`{}')",
                                printable(config.macro("LOCAL_MAILER"))));
  }
}

// confSMTP_MAILER, confRELAY_MAILER.
void check_network_mailer(const Config& config, const std::string& macro, Problems& problems) {
  constexpr std::array<std::string_view, 4> kKnown{"esmtp", "smtp", "smtp8", "relay"};
  const auto given = config.macros.find(macro);
  if (given == config.macros.end()) return;
  const std::string name = config.macro(macro);
  problems.at = given->second.at;
  if (name == "dsmtp") {
    problems.refuse(fmt::format("conf{}: mail on demand, dsmtp, does not exist here", macro));
  } else if (std::ranges::find(kKnown, name) == kKnown.end()) {
    problems.refuse(
        fmt::format("conf{}: {} is none of esmtp, smtp, smtp8 and relay", macro, printable(name)));
  } else if (config.mailer(name) == nullptr) {
    problems.refuse(
        fmt::format("conf{}: there is no mailer {}: MAILER(`smtp') has it", macro, name));
  }
}

void check_filter_names(const Config& config, const std::vector<std::string>& names,
                        std::string_view where, Problems& problems) {
  std::vector<std::string_view> known;
  for (const auto& filter : config.mail_filters) known.push_back(filter.name);
  for (const auto& name : names) {
    if (config.mail_filter(name) != nullptr) continue;
    problems.refuse(fmt::format("{}: mail filter {} is not defined{}", where, printable(name),
                                suggestion(name, known)));
  }
}

}  // namespace

void check_whole(const Config& config, Problems& problems) {
  check_header_forms(config, problems);
  check_network_mailer(config, "SMTP_MAILER", problems);
  check_network_mailer(config, "RELAY_MAILER", problems);
  problems.at = {config.file, 0, false};
  check_local_mailer(config, problems);
  check_filter_names(config, config.input_filters, "InputMailFilters", problems);
  for (const auto& port : config.daemon_ports) {
    if (!port.filters) continue;
    check_filter_names(config, *port.filters, "DaemonPortOptions, Name=" + port.name, problems);
  }
  const auto& tls = config.tls;
  if (tls.server_certificates.size() < tls.server_keys.size() ||
      tls.client_certificates.size() < tls.client_keys.size()) {
    problems.refuse("more key files than certificate files");
  }
}

}  // namespace signet::conf
