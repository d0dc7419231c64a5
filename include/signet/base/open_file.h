// Opening a file through somebody who may: an engine without privileges asks its parent.
#pragma once

#include <functional>
#include <string>

#include "signet/base/fd.h"
#include "signet/base/result.h"

namespace signet {

// Errors say "opening PATH: ..."; blocks. From any thread.
using OpenFile = std::function<Result<Fd>(const std::string& path)>;

// By ourselves, to read; regular files only.
[[nodiscard]] Result<Fd> open_to_read(const std::string& path);

}  // namespace signet
