// A cf as text: whatever stands in it, there is a Config or a list of errors with places; what m4
// may have written is judged the same way every time. F lines are left out: they would open files.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/check.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"
#include "signet/conf/macros.h"
#include "signet/conf/map_spec.h"

namespace {

using namespace signet;

std::string without_files(std::string_view text) {
  std::string kept;
  for (const auto line : split(text, '\n')) {
    if (trim(line).starts_with('F')) continue;
    kept += line;
    kept += '\n';
  }
  return kept;
}

void check_ports(const conf::Config& config) {
  SIGNET_CHECK(!config.daemon_ports.empty());
  for (const auto& port : config.daemon_ports) SIGNET_CHECK(!port.name.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string text = without_files(input);
  const auto loaded = conf::parse(text, "fuzz.cf");
  if (loaded) {
    check_ports(loaded->config);
    const auto again = conf::parse(text, "fuzz.cf");
    SIGNET_CHECK(again && again->warnings.size() == loaded->warnings.size());
    const auto lookup = [&](std::string_view name) { return loaded->config.macro(name); };
    (void)conf::expand(loaded->config.greeting, lookup);
  } else {
    SIGNET_CHECK(loaded.error().what.find(": ") != std::string::npos);
  }
  // The first line alone, as the value of -O.
  const std::vector<std::string> overrides{std::string(input.substr(0, input.find('\n')))};
  (void)conf::parse("", "fuzz.cf", overrides);
  (void)conf::parse_map_spec(input);
  return 0;
}
