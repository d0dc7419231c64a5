// cf text -> Config. Reads class files (F lines) while it goes; blocks on disk: start, reload and
// checks only.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "signet/base/result.h"
#include "signet/conf/config.h"

namespace signet::conf {

// What the configuration is read for.
enum class Purpose {
  run,      // a daemon will live by it: what is not built is an error, class files are read
  compile,  // a cf is to be written: what is not built is a warning, class files may be missing
};

struct Loaded {
  Config config;
  Warnings warnings;  // in the order of the lines
};

// `overrides`: "Option=value" as behind -O; they win over the file. An error names every bad line,
// one a line of Error::what, "FILE: line N: ..." (or "FILE.mc:N: ..." where the text says `#line`).
[[nodiscard]] Result<Loaded> parse(std::string_view text, std::string_view name,
                                   std::span<const std::string> overrides = {},
                                   Purpose purpose = Purpose::run);
[[nodiscard]] Result<Loaded> load(const std::string& path,
                                  std::span<const std::string> overrides = {});

// The whole file; the error is sendmail's "FILE: line 0: cannot open: ...".
[[nodiscard]] Result<std::string> read_text(const std::string& path);

// sysexits code for an error of load(): 72 (EX_OSFILE) when the file cannot be opened, else 78.
[[nodiscard]] int exit_code(const Error& error);

}  // namespace signet::conf
