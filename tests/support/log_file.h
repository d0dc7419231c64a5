// A maillog in a file of its own, and its lines without time, host and ident.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/check.h"
#include "signet/base/text.h"
#include "signet/maillog/log.h"
#include "support/temporary_directory.h"

namespace signet::test {

class LogFile final {
 public:
  explicit LogFile(int level = 20) {
    maillog::LogOptions options;
    options.target = {maillog::TargetKind::file, folder_ / "maillog"};
    options.level = level;
    options.host = "mx";
    auto opened = maillog::Log::open(std::move(options));
    SIGNET_CHECK(opened.has_value());
    log_ = std::move(*opened);
  }
  [[nodiscard]] maillog::Log& log() { return *log_; }

  [[nodiscard]] std::vector<std::string> lines() {
    log_->flush(std::chrono::seconds(30));
    std::vector<std::string> out;
    const std::string text = read_file(folder_.path() / "maillog");
    for (const auto line : split(text, '\n')) {
      const auto at = line.find("]: ");
      if (at != std::string_view::npos) out.emplace_back(line.substr(at + 3));
    }
    return out;
  }
  // The first line that holds all of `parts`, or "".
  [[nodiscard]] std::string line_with(std::initializer_list<std::string_view> parts) {
    for (auto& line : lines()) {
      if (std::ranges::all_of(
              parts, [&](std::string_view part) { return line.find(part) != std::string::npos; })) {
        return line;
      }
    }
    return {};
  }
  [[nodiscard]] std::size_t count(std::string_view part) {
    const auto all = lines();
    return static_cast<std::size_t>(std::ranges::count_if(
        all, [&](const auto& line) { return line.find(part) != std::string::npos; }));
  }

 private:
  TemporaryDirectory folder_;
  std::unique_ptr<maillog::Log> log_;
};

}  // namespace signet::test
