// sendmail's rules for files that must be safe (SENDMAIL.md §5.3): who may write them and the
// folders above them.
#pragma once

#include <optional>
#include <string>

#include "signet/tls/context.h"

namespace signet::tls {

enum class FileUse { certificate, private_key };

// Empty: safe. The reasons are sendmail's; `remedy` is what to do.
[[nodiscard]] std::optional<Complaint> find_fault(const std::string& path, FileUse use,
                                                  const FileRules& rules);

}  // namespace signet::tls
