#include "daemon/help_file.h"

#include <cerrno>
#include <fstream>

#include "signet/base/text.h"
#include "signet/conf/macros.h"

namespace signet::daemon {
namespace {

constexpr std::size_t kMostHelpLines = 1000;
constexpr std::size_t kMostHelpText = 500;  // RFC 5321 §4.5.3.1.5: 512 with code and CRLF

// No octet that a terminal could take for an order; columns stay columns.
std::string shown(std::string_view text) {
  std::string spread;
  for (const char c : text) {
    if (c == '\t') {
      spread.append(8, ' ');
    } else {
      spread += c;
    }
  }
  return printable(spread, kMostHelpText);
}

}  // namespace

Result<std::vector<smtp::HelpLine>> read_help_file(const std::string& file, const Names& names) {
  std::ifstream text(file);
  if (!text) return permanent(file + ": " + error_text(errno));
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "j") return names.host;
    if (name == "v") return names.version;
    return std::nullopt;
  };
  std::vector<smtp::HelpLine> lines;
  bool macros = false;
  for (std::string line; std::getline(text, line) && lines.size() < kMostHelpLines;) {
    if (line.starts_with("#vers")) macros = trim(std::string_view(line).substr(5)) >= "2";
    if (line.empty() || line.front() == '#') continue;
    const auto tab = line.find('\t');
    const auto said = tab == std::string::npos ? line : line.substr(tab + 1);
    lines.push_back(
        {to_lower(line.substr(0, tab)), shown(macros ? conf::expand(said, lookup) : said)});
  }
  return lines;
}

}  // namespace signet::daemon
