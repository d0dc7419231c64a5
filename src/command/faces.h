// One function a face of the program. args[0] is the face's own name.
#pragma once

#include <span>
#include <string_view>

#include "signet/daemon/daemon.h"

namespace signet::command {

[[nodiscard]] int sendmail(std::span<const std::string_view> args);
[[nodiscard]] int mailq(std::span<const std::string_view> args);
// mailq, sendmail -bp; `quarantined`: -qQ, only what is held, which is not shown otherwise.
[[nodiscard]] int list_queue(const daemon::ConfigurationSource& source, bool quarantined);
[[nodiscard]] int newaliases(std::span<const std::string_view> args);
[[nodiscard]] int makemap_face(std::span<const std::string_view> args);
[[nodiscard]] int editmap_face(std::span<const std::string_view> args);
[[nodiscard]] int mc(std::span<const std::string_view> args);
[[nodiscard]] int explain(std::span<const std::string_view> args);
[[nodiscard]] int tls_probe(std::span<const std::string_view> args);
[[nodiscard]] int check(std::span<const std::string_view> args);

}  // namespace signet::command
