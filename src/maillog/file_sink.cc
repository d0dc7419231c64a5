// The log as a file or on standard error, in the look of a syslog file. A file is opened once with
// O_APPEND, so that lines of several processes do not mix.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "maillog/sink.h"
#include "signet/base/fd.h"

namespace signet::maillog {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kPipeBytes = 4096;  // PIPE_BUF: so much fits when poll says writable
constexpr mode_t kMode = 0640;

bool is_regular(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

class FileSink final : public Sink {
 public:
  FileSink(const LogOptions& options, Fd fd)
      : path_(options.target.kind == TargetKind::file ? options.target.path : std::string()),
        open_(options.open_file ? options.open_file : OpenFile(open_log_file)),
        host_(fmt::format(" {} ", options.host.empty() ? "localhost" : options.host)),
        origin_(options.ident) {
    use(std::move(fd));
  }

  std::size_t put(std::span<const Record> records) override {
    text_.clear();
    ends_.clear();
    for (const auto& record : records) {
      if (text_.size() > kChunkBytes) break;
      text_ += stamp_.text(record.when);
      text_ += host_;
      text_ += origin_.text(record.ident);
      append_one_line(text_, record.text);
      text_ += '\n';
      ends_.push_back(text_.size());
    }
    std::size_t at = partial_;
    while (at < text_.size()) {
      const std::size_t written = write_some(std::string_view(text_).substr(at));
      if (written == 0) break;
      at += written;
    }
    const auto whole =
        static_cast<std::size_t>(std::ranges::upper_bound(ends_, at) - ends_.begin());
    partial_ = at - (whole == 0 ? 0 : ends_[whole - 1]);
    return whole;
  }

  Result<void> reopen() override {
    if (path_.empty()) return {};
    auto fresh = open_(path_);
    if (!fresh) return std::unexpected(std::move(fresh.error()));
    use(std::move(*fresh));
    partial_ = 0;
    return {};
  }

 private:
  void use(Fd fd) {
    fd_ = std::move(fd);
    regular_ = is_regular(fd_.get());
  }

  // Standard error may be a pipe that nobody reads: never more than it surely takes.
  std::size_t write_some(std::string_view bytes) {
    if (!regular_) {
      pollfd wanted{fd_.get(), POLLOUT, 0};
      if (::poll(&wanted, 1, static_cast<int>(kStuckPatience.count())) <= 0) return 0;
      bytes = bytes.substr(0, kPipeBytes);
    }
    const auto written = ::write(fd_.get(), bytes.data(), bytes.size());
    return written > 0 ? static_cast<std::size_t>(written) : 0;
  }

  std::string path_;  // empty: standard error
  OpenFile open_;
  std::string host_;
  Origin origin_;
  Fd fd_;
  bool regular_ = false;
  Stamp stamp_;
  std::string text_;
  std::vector<std::size_t> ends_;  // of each record in text_
  std::size_t partial_ = 0;        // octets of the first record that are out already
};

}  // namespace

Result<Fd> open_log_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
               kMode));
  const int code = errno;
  if (!fd.valid()) return signet::system_error("opening " + path, code);
  return fd;
}

Result<std::unique_ptr<Sink>> make_file_sink(const LogOptions& options) {
  Result<Fd> fd;
  if (options.target.kind == TargetKind::file) {
    fd = open_log_file(options.target.path);
  } else {
    fd = Fd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    const int code = errno;
    if (!fd->valid()) fd = signet::system_error("duplicating standard error", code);
  }
  if (!fd) return std::unexpected(std::move(fd.error()));
  return std::make_unique<FileSink>(options, std::move(*fd));
}

}  // namespace signet::maillog
