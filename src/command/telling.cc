#include "command/telling.h"

#include <sys/stat.h>

#include <fstream>

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::command {
namespace {

// Line of the key in the text that the map was made of, which stands beside it under its name
// without ".db". 0: not found.
unsigned line_of(const std::string& text_file, std::string_view key) {
  std::ifstream text(text_file);
  unsigned number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    const auto first = words(line, " \t\r");
    if (!first.empty() && iequals(first.front(), key)) return number;
  }
  return 0;
}

}  // namespace

void Telling::say(std::string_view what, std::string_view text) {
  out_ << fmt::format("{:<12} {}\n", std::string(what) + ":", text);
}

void Telling::warn_of_stale_maps() {
  for (const auto* name : {"access_db", "mailertable", "virtusertable", "sendertable",
                           "sender_login", "genericstable", "domaintable", "authinfo"}) {
    const auto* feature = config_.feature(name);
    if (feature == nullptr || !feature->map) continue;
    const std::string& file = feature->map->file;
    struct stat text {};
    struct stat map {};
    if (stat(file.c_str(), &text) != 0 || stat((file + ".db").c_str(), &map) != 0) continue;
    if (text.st_mtim.tv_sec <= map.st_mtim.tv_sec) continue;
    out_ << "note: " << file << " is newer than " << file << ".db: makemap was not run\n";
  }
}

std::string Telling::where(const std::string& rule, const std::string& value) const {
  std::string text = printable(rule);
  if (!value.empty()) text += " " + printable(value);
  for (const auto& [prefix, feature] :
       {std::pair("access:", "access_db"), std::pair("mailertable:", "mailertable"),
        std::pair("virtusertable:", "virtusertable"), std::pair("sendertable:", "sendertable"),
        std::pair("sender_login:", "sender_login"), std::pair("genericstable:", "genericstable"),
        std::pair("domaintable:", "domaintable")}) {
    const auto* used = config_.feature(feature);
    if (!rule.starts_with(prefix) || used == nullptr || !used->map) continue;
    const std::string& file = used->map->file;
    const auto line = line_of(file, std::string_view(rule).substr(std::string_view(prefix).size()));
    text += line == 0 ? " (" + file + ".db)" : fmt::format(" ({} line {})", file, line);
  }
  return text;
}

}  // namespace signet::command
