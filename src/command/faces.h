// One function a face of the program. args[0] is the face's own name.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "signet/daemon/daemon.h"

namespace signet::command {

[[nodiscard]] int sendmail(std::span<const std::string_view> args);
[[nodiscard]] int mailq(std::span<const std::string_view> args);
// mailq, sendmail -bp; `quarantined`: -qQ, only what is held, which is not shown otherwise.
[[nodiscard]] int list_queue(const daemon::ConfigurationSource& source, bool quarantined);
// Behind -d: "0.4" and the like; empty: category 0 is not meant.
[[nodiscard]] std::optional<unsigned> debug_level(std::string_view flags);
// -d0.1: version, what is built in, who we are; 0.4: our names; 0.13: files.
void show_about(const daemon::ConfigurationSource& source, unsigned level);
// -bP: how many messages wait.
[[nodiscard]] int count_queue(const daemon::ConfigurationSource& source);
// -bh, -bH (`purge`).
[[nodiscard]] int host_status(bool purge);
// sendmail -bt: from standard input.
[[nodiscard]] int address_test(const daemon::ConfigurationSource& source);
[[nodiscard]] int newaliases(std::span<const std::string_view> args);
// newaliases, sendmail -bi; `checks`: -n, entries whose right side is no list are left out.
[[nodiscard]] int rebuild_aliases(const daemon::ConfigurationSource& source, bool checks);
[[nodiscard]] int praliases(std::span<const std::string_view> args);
[[nodiscard]] int makemap_face(std::span<const std::string_view> args);
[[nodiscard]] int editmap_face(std::span<const std::string_view> args);
[[nodiscard]] int mc(std::span<const std::string_view> args);
[[nodiscard]] int explain(std::span<const std::string_view> args);
[[nodiscard]] int tls_probe(std::span<const std::string_view> args);
[[nodiscard]] int check(std::span<const std::string_view> args);

}  // namespace signet::command
