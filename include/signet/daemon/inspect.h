// What a start would meet on this host, tried beforehand: for `signet check`. Nothing stays open,
// nothing is changed. Blocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "signet/base/result.h"
#include "signet/conf/config.h"
#include "signet/policy/rewrite.h"
#include "signet/policy/server.h"
#include "signet/smtp/client_session.h"
#include "signet/table/table.h"

namespace signet::daemon {

struct HostIdentity {
  std::string host;     // $j
  std::string version;  // "$v/$Z"
};
[[nodiscard]] HostIdentity host_identity(const conf::Config& config);

// How a session with a server goes: Timeout.* of the client's side.
[[nodiscard]] smtp::ClientOptions client_options(const conf::Config& config,
                                                 const std::string& host);

// How addresses go out to other hosts, for policy::rewrite_address(). Without the maps.
struct OutgoingAddresses {
  policy::SiteOptions site;
  policy::RewriteOptions rewriting;
};
[[nodiscard]] Result<OutgoingAddresses> outgoing_addresses(const conf::Config& config);

// Which domains are this host's (class w and the like), in lower case.
[[nodiscard]] Result<std::function<bool(std::string_view domain)>> local_domains(
    const conf::Config& config);

struct PortTrouble {
  std::string port;  // its Name=
  std::string why;
  int system_code = 0;
  pid_t holder = 0;     // who has the port; 0: not seen
  std::string program;  // its name
};
// Ports that cannot be opened now. Those that the kernel picks always can.
[[nodiscard]] std::vector<PortTrouble> try_ports(const conf::Config& config);

struct EngineUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;    // a number where it has none
  std::string remark;  // what is unusual; empty: nothing
};
// An error: RunAsUser names nobody.
[[nodiscard]] Result<EngineUser> engine_user(const conf::Config& config);
// Who would run programs if we started now: DefaultUser and U= of mailers. An error: one names
// nobody, or root.
[[nodiscard]] Result<void> users_of_programs(const conf::Config& config);
// Of "user", "user:group" or a number. Empty: there is no such user.
[[nodiscard]] std::optional<uid_t> user_number(const std::string& text);
// What AliasFile names, in its order; waits where a server is asked. An error: one cannot be
// opened.
[[nodiscard]] Result<std::vector<std::shared_ptr<const table::Table>>> open_alias_tables(
    const conf::Config& config);
// Why a list of :include: that the alias file names would not be read; empty: it would.
[[nodiscard]] std::optional<std::string> fault_of_list(const conf::Config& config,
                                                       const std::string& path);
// May this user read the file, as far as its mode says?
[[nodiscard]] bool may_read(const EngineUser& user, const std::string& path);
// May the engine connect to this unix socket? errno, asked as its user in a process of its own; 0:
// it may.
[[nodiscard]] int fault_of_socket(const conf::Config& config, const std::string& path);

}  // namespace signet::daemon
