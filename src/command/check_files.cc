// Maps and files as `signet check` sees them.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <unordered_map>

#include <fmt/format.h>

#include "command/check.h"
#include "command/map_faces.h"
#include "signet/base/text.h"
#include "signet/policy/dead_entry.h"
#include "signet/table/map_source.h"

namespace signet::command {
namespace {

constexpr std::size_t kMostPerMap = 100;  // lines of one map; the rest is counted

policy::MapUse use_of(std::string_view feature) {
  using policy::MapUse;
  if (feature == "access_db") return MapUse::access;
  if (feature == "mailertable") return MapUse::mailertable;
  if (feature == "virtusertable") return MapUse::virtusertable;
  if (feature == "domaintable") return MapUse::domaintable;
  if (feature == "authinfo") return MapUse::authinfo;
  return MapUse::unknown;
}

// The lines of a map's text, judged as makemap and the look-ups do.
class TextCheck final {
 public:
  TextCheck(const std::string& file, const policy::EntryRules& rules, Findings& findings)
      : file_(file), rules_(rules), findings_(findings) {}

  void run() {
    std::ifstream text(file_);
    if (!text) return;
    int number = 0;
    for (std::string line; std::getline(text, line);) judge(line, ++number);
    if (count_ > kMostPerMap) {
      findings_.add(Level::warning, "map-line", file_,
                    fmt::format("{} more lines of that kind", count_ - kMostPerMap));
    }
  }

 private:
  void judge(const std::string& line, int number) {
    const auto parsed = table::parse_source_line(line, {.keep_case = rules_.keep_case});
    if (const auto* bad = std::get_if<table::BadLine>(&parsed)) {
      return say(number, "map-line", bad->why, "correct the line: makemap leaves it out");
    }
    const auto* pair = std::get_if<table::Pair>(&parsed);
    if (pair == nullptr) return;
    const auto [first, fresh] = lines_.emplace(pair->key, number);
    if (!fresh) {
      say(number, "map-duplicate",
          fmt::format("{} stands in line {} already, which counts", pair->key, first->second),
          "take one of them out");
    }
    if (const auto why = policy::why_dead(pair->key, pair->value, rules_)) {
      say(number, "map-dead-entry", pair->key + ": " + *why, "correct the line and run makemap");
    }
  }
  void say(int line, std::string_view code, std::string text, std::string remedy) {
    if (++count_ > kMostPerMap) return;
    findings_.add({.level = Level::warning,
                   .code = std::string(code),
                   .file = file_,
                   .line = line,
                   .text = std::move(text),
                   .remedy = std::move(remedy)});
  }

  const std::string& file_;
  const policy::EntryRules rules_;
  Findings& findings_;
  std::unordered_map<std::string, int> lines_;  // where a key stood first
  std::size_t count_ = 0;
};

bool is_newer(const struct stat& a, const struct stat& b) {
  if (a.st_mtim.tv_sec != b.st_mtim.tv_sec) return a.st_mtim.tv_sec > b.st_mtim.tv_sec;
  return a.st_mtim.tv_nsec > b.st_mtim.tv_nsec;
}

void check_map(const conf::MapSpec& spec, const conf::Feature& feature, const conf::Config& config,
               Findings& findings) {
  for (const auto& member : spec.maps) check_map(member, feature, config, findings);
  if (spec.type != "hash" && spec.type != "btree" && spec.type != "text") return;  // no file
  const bool built = spec.type == "hash" || spec.type == "btree";
  const std::string file = built ? map_file(spec.file) : spec.file;
  const std::string text = built ? file.substr(0, file.size() - 3) : file;
  const std::string make = fmt::format("makemap {} {} < {}", spec.type, text, text);
  struct stat map {};
  struct stat source {};
  const bool there = stat(file.c_str(), &map) == 0;
  const bool has_text = stat(text.c_str(), &source) == 0;
  if (!there) {
    findings.add(spec.optional ? Level::note : Level::error, "map-missing", feature.at,
                 fmt::format("FEATURE({}): {} is not there{}", feature.name, file,
                             spec.optional ? ": an empty map" : ""),
                 !built     ? "write it, or make it optional with -o"
                 : has_text ? make
                            : "write " + text + " and run " + make);
  }
  if (built && there && has_text && is_newer(source, map)) {
    findings.add(Level::warning, "map-stale", text,
                 "newer than " + file + ": what was changed is not in force", make);
  }
  if (there) check_writers(file, findings);
  if (has_text && built) check_writers(text, findings);
  if (!built || !has_text) return;
  TextCheck(text,
            {.use = use_of(feature.name),
             .keep_case = spec.keep_case,
             .compressed_ipv6 = false,
             .lookup_dot_domain = config.feature("lookupdotdomain") != nullptr},
            findings)
      .run();
}

}  // namespace

void check_maps(const conf::Config& config, Findings& findings) {
  for (const auto& feature : config.features) {
    if (feature.map) check_map(*feature.map, feature, config, findings);
  }
}

void check_mailers(const conf::Config& config, Findings& findings) {
  for (const auto& mailer : config.mailers) {
    if (!mailer.is_program()) continue;
    if (access(mailer.path.c_str(), X_OK) != 0) {
      findings.add(Level::warning, "mailer-missing", mailer.at,
                   fmt::format("mailer {}: {} is no program that can be run: its mail waits",
                               mailer.name, mailer.path),
                   "install it, or name its path in P=");
      continue;
    }
    check_writers(mailer.path, findings);
  }
}

void check_writers(const std::string& path, Findings& findings) {
  struct stat state {};
  if (stat(path.c_str(), &state) != 0 || !S_ISREG(state.st_mode)) return;
  if ((state.st_mode & S_IWOTH) != 0) {
    findings.add(Level::warning, "file-unsafe", path, "everybody may write it",
                 "chmod o-w " + path);
  } else if ((state.st_mode & S_IWGRP) != 0 && state.st_gid != 0) {
    findings.add(Level::warning, "file-unsafe", path,
                 fmt::format("its group ({}) may write it", state.st_gid), "chmod g-w " + path);
  }
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  if (stat(folder.c_str(), &state) == 0 && (state.st_mode & S_IWOTH) != 0) {
    findings.add(Level::warning, "folder-unsafe", path,
                 "everybody may write the folder " + folder + " and replace the file",
                 "chmod o-w " + folder);
  }
}

}  // namespace signet::command
