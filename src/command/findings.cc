#include "command/findings.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "signet/base/text.h"

namespace signet::command {
namespace {

std::string_view level_name(Level level) {
  switch (level) {
    case Level::note:
      return "note";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "";
}

nlohmann::ordered_json to_object(const Finding& finding) {
  return {{"level", level_name(finding.level)},
          {"code", finding.code},
          {"file", finding.file},
          {"line", finding.line},
          {"text", finding.text},
          {"remedy", finding.remedy}};
}

nlohmann::ordered_json to_object(const PortFacts& port) {
  return {{"name", port.name}, {"address", port.address},       {"port", port.port},
          {"tls", port.tls},   {"auth_clear", port.auth_clear}, {"auth_tls", port.auth_tls}};
}

}  // namespace

void Findings::add(Level level, std::string_view code, const conf::Origin& at, std::string text,
                   std::string remedy) {
  add({level, std::string(code), at.file, at.line, std::move(text), std::move(remedy)});
}

void Findings::add(Level level, std::string_view code, const std::string& file, std::string text,
                   std::string remedy) {
  add({level, std::string(code), file, 0, std::move(text), std::move(remedy)});
}

bool Findings::add_remedy(const std::string& remedy) {
  if (all_.empty() || !all_.back().remedy.empty()) return false;
  all_.back().remedy = remedy;
  return true;
}

bool Findings::has_errors() const {
  return std::ranges::any_of(all_, [](const Finding& f) { return f.level == Level::error; });
}

Finding located(Level level, std::string_view code, std::string_view sentence) {
  Finding finding{level, std::string(code), {}, 0, std::string(sentence), {}};
  const auto take = [&](std::size_t file_end, std::size_t number_at) {
    const auto end = sentence.find(':', number_at);
    if (end == std::string_view::npos) return false;
    const auto number = parse_number(sentence.substr(number_at, end - number_at));
    if (!number || *number > 100'000'000) return false;
    finding.file = sentence.substr(0, file_end);
    finding.line = static_cast<int>(*number);
    finding.text = trim(sentence.substr(end + 1));
    return true;
  };
  constexpr std::string_view kLine = ": line ";
  if (const auto at = sentence.find(kLine); at != std::string_view::npos && at > 0) {
    if (take(at, at + kLine.size())) return finding;
  }
  if (const auto at = sentence.find(':'); at != std::string_view::npos && at > 0) {
    (void)take(at, at + 1);
  }
  return finding;
}

std::string to_text(const Finding& finding) {
  std::string text = std::string(level_name(finding.level)) + ": ";
  if (!finding.file.empty()) {
    text += finding.line == 0 ? finding.file + ": "
                              : fmt::format("{}:{}: ", finding.file, finding.line);
  }
  text += finding.text;
  if (!finding.remedy.empty()) text += "; remedy: " + finding.remedy;
  return printable(text, 4096);
}

// Bytes of a file that are no UTF-8 are replaced: JSON has no others (RFC 8259 §8.1).
std::string to_json(const Inspection& inspection) {
  nlohmann::ordered_json all;
  all["file"] = inspection.file;
  all["host"] = inspection.host;
  all["ports"] = nlohmann::ordered_json::array();
  for (const auto& port : inspection.ports) all["ports"].push_back(to_object(port));
  all["findings"] = nlohmann::ordered_json::array();
  for (const auto& finding : inspection.findings.all()) {
    all["findings"].push_back(to_object(finding));
  }
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace signet::command
