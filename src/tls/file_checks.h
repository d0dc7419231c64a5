// sendmail's rules for files that must be safe: who may write them and the
// folders above them.
#pragma once

#include <optional>
#include <string>

#include "signet/tls/context.h"

namespace signet::tls {

enum class FileUse { certificate, private_key };

// What switches TLS of a role off.
[[nodiscard]] Complaint complain(const std::string& file, std::string reason, std::string remedy);

// Empty: safe. The reasons are sendmail's; `remedy` is what to do.
[[nodiscard]] std::optional<Complaint> find_fault(const std::string& path, FileUse use,
                                                  const FileRules& rules);

}  // namespace signet::tls
