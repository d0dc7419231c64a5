#include "signet/maillog/log.h"

#include "maillog/writer.h"

namespace signet::maillog {

Result<LogTarget> parse_log_target(std::string_view text) {
  constexpr std::string_view kFile = "file:";
  if (text == "syslog") return LogTarget{TargetKind::syslog, {}};
  if (text == "stderr") return LogTarget{TargetKind::standard_error, {}};
  if (text.starts_with(kFile) && text.size() > kFile.size()) {
    return LogTarget{TargetKind::file, std::string(text.substr(kFile.size()))};
  }
  return permanent("LogTarget: \"" + std::string(text) + "\" is none of syslog, stderr, file:PATH");
}

Log::Log(int level, std::unique_ptr<Writer> writer) : level_(level), writer_(std::move(writer)) {}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(LogOptions options) {
  std::unique_ptr<Sink> sink;
  if (options.target.kind == TargetKind::syslog) {
    sink = make_syslog_sink(options);
  } else {
    auto made = make_file_sink(options);
    if (!made) return std::unexpected(std::move(made.error()));
    sink = std::move(*made);
  }
  auto writer = std::make_unique<Writer>(options, std::move(sink));
  return std::unique_ptr<Log>(new Log(options.level, std::move(writer)));  // private constructor
}

void Log::write(const Line& line) {
  if (wants(line.above_level)) writer_->add(line);
}

void Log::write(const Lines& lines) {
  for (const auto& line : lines) write(line);
}

void Log::reopen() { writer_->reopen(); }
bool Log::flush(std::chrono::milliseconds patience) { return writer_->flush(patience); }
std::uint64_t Log::dropped() const { return writer_->dropped(); }

}  // namespace signet::maillog
