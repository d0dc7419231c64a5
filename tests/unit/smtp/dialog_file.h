// Reads tests/dialog/*.smtp; the format is described in tests/dialog/README.md.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/text.h"
#include "signet/mail/reply.h"

namespace signet::smtp {

struct DialogLine {
  std::string kind;  // "C", "S", "B", ">", ...
  std::string text;
};

struct DialogFile {
  std::string name;
  std::multimap<std::string, std::string> header;  // "# key: value"
  std::vector<DialogLine> lines;

  [[nodiscard]] std::vector<std::string> all(const std::string& key) const {
    std::vector<std::string> found;
    for (auto [at, end] = header.equal_range(key); at != end; ++at) found.push_back(at->second);
    return found;
  }
  [[nodiscard]] std::string one(const std::string& key) const {
    const auto found = header.find(key);
    return found == header.end() ? std::string() : found->second;
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view kind) const {
    std::vector<std::string> found;
    for (const auto& line : lines) {
      if (line.kind == kind) found.push_back(line.text);
    }
    return found;
  }
};

// \r \n \0 \\ \xHH, and {N*c} for a character N times.
inline std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto star = text.find('*', i);
        text[i] == '{' && star != text.npos && star + 2 < text.size() && text[star + 2] == '}') {
      if (const auto times = parse_number(text.substr(i + 1, star - i - 1))) {
        out.append(static_cast<std::size_t>(*times), text[star + 1]);
        i = star + 2;
        continue;
      }
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += c == 'r' ? '\r' : c == 'n' ? '\n' : c == '0' ? '\0' : c;
    }
  }
  return out;
}

inline std::string escape(std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    out += c == '\r' ? "\\r" : c == '\n' ? "\\n" : c == '\0' ? "\\0" : std::string(1, c);
  }
  return out;
}

inline DialogFile read_dialog(const std::filesystem::path& path) {
  DialogFile dialog;
  dialog.name = path.stem().string();
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    if (line.front() == '#') {
      if (const auto colon = line.find(':'); colon != line.npos) {
        dialog.header.emplace(line.substr(2, colon - 2), trim(line.substr(colon + 1)));
      }
      continue;
    }
    const auto blank = line.find(' ');
    auto kind = line.substr(0, blank);
    if (kind.ends_with(':')) kind.pop_back();
    dialog.lines.push_back({kind, blank == line.npos ? "" : line.substr(blank + 1)});
  }
  return dialog;
}

inline std::vector<DialogFile> read_dialogs(const std::string& folder) {
  std::vector<DialogFile> dialogs;
  const auto path = std::filesystem::path(SIGNET_SOURCE_DIR) / "tests/dialog" / folder;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == ".smtp") dialogs.push_back(read_dialog(entry.path()));
  }
  std::ranges::sort(dialogs, {}, &DialogFile::name);
  return dialogs;
}

// "550 5.7.1 text"
inline mail::Reply reply_of(std::string_view line) {
  const auto space = line.find(' ');
  mail::Reply reply{std::stoi(std::string(line.substr(0, 3))), {}, {}};
  auto rest = space == line.npos ? std::string_view{} : line.substr(space + 1);
  const auto word = rest.substr(0, rest.find(' '));
  if (split(word, '.').size() == 3) {
    reply.enhanced = word;
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  reply.text = rest;
  return reply;
}

// The ways to cut the same bytes: whole, one at a time, at random places.
class Cuts final {
 public:
  explicit Cuts(int way) : way_(way), random_(static_cast<unsigned>(way)) {}
  std::size_t next(std::size_t left) {
    if (way_ == 0) return left;
    if (way_ == 1) return 1;
    return std::min<std::size_t>(left, std::uniform_int_distribution<std::size_t>(1, 40)(random_));
  }
  static constexpr int kWays = 5;

 private:
  int way_;
  std::minstd_rand random_;
};

}  // namespace signet::smtp
