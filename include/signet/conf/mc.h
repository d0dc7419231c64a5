// mc -> cf text: GNU m4 with our own library in cf/. m4 runs as a child without a shell; whatever
// goes wrong, no half-written cf comes of it.
#pragma once

#include <string>

#include "signet/base/result.h"
#include "signet/conf/origin.h"

namespace signet::conf {

struct Compiled {
  std::string text;  // cf, with "#line" marks that name the mc
  Warnings warnings;
};

// `cf_dir`: our library. The error names every fault, one a line, "FILE.mc:N: ..."; its system_code
// is set when a file cannot be opened. Blocks: start, reload, `signet mc`.
[[nodiscard]] Result<Compiled> compile_mc(const std::string& path, const std::string& cf_dir);

}  // namespace signet::conf
