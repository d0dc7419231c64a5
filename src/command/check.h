// The parts of `signet check`: each looks at one kind of thing and adds what it finds. They change
// nothing and block on disk and network.
#pragma once

#include "command/findings.h"
#include "signet/conf/config.h"
#include "signet/daemon/inspect.h"

namespace signet::command {

// Maps of features: missing, older than their text, open to others, lines that do nothing.
void check_maps(const conf::Config& config, Findings& findings);
// Alias files that others may write; lists of :include: that they name: missing, or such that they
// are not believed.
void check_aliases(const conf::Config& config, Findings& findings);
// The configuration's own files and folders: who else may write them.
void check_writers(const std::string& path, Findings& findings);
// Mailers that are programs: missing, not to be run, open to others.
void check_mailers(const conf::Config& config, Findings& findings);
// Certificates that are shown: how long they are valid. `now`: seconds since 1970.
void check_certificates(const conf::Config& config, std::int64_t now, Findings& findings);
// Ports that another program has, or that need root.
void check_ports(const conf::Config& config, Findings& findings);
// Mail filters: is somebody there, is it asked? Waits two seconds for each address.
void check_filters(const conf::Config& config, Findings& findings);
// The engine's user, and whether the queue is his.
void check_queue(const conf::Config& config, Findings& findings);
// The same of a submit.mc: its queue is another, and signet-drop belongs to it.
void check_client_queue(const conf::Config& config, Findings& findings);
// Where Cyrus SASL finds passwords. Only where AUTH is offered.
void check_sasl(const conf::Config& config, const daemon::EngineUser& user, Findings& findings);

// Where the option was given; the configuration's file where it was not.
[[nodiscard]] conf::Origin option_origin(const conf::Config& config, std::string_view option);

}  // namespace signet::command
