// The local syslog by its datagram socket, in the form of RFC 3164 §4.1 without the host, which the
// local daemon knows. We do not use syslog(3): it blocks when the daemon stalls.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "maillog/sink.h"
#include "signet/base/fd.h"

namespace signet::maillog {
namespace {

constexpr int kFacilityMail = 2 << 3;
constexpr std::size_t kShortMessage = 1024;  // RFC 3164 §4.1: every syslog takes this much

enum class Sending { sent, full, broken };

class SyslogSink final : public Sink {
 public:
  explicit SyslogSink(const LogOptions& options)
      : path_(options.syslog_socket), origin_(options.ident) {
    connect();
  }

  std::size_t put(std::span<const Record> records) override {
    std::size_t count = 0;
    bool reconnected = false;
    while (count < records.size()) {
      compose(records[count]);
      switch (send()) {
        case Sending::sent:
          ++count;
          break;
        case Sending::full:
          if (!wait_for_room()) return count;
          break;
        case Sending::broken:
          if (std::exchange(reconnected, true) || !connect()) return count;
          break;
      }
    }
    return count;
  }

  Result<void> reopen() override {
    connect();
    return {};
  }

 private:
  bool connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    fd_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_.valid()) return false;
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return true;
    }
    fd_ = Fd();
    return false;
  }

  void compose(const Record& record) {
    message_ = fmt::format("<{}>", kFacilityMail | static_cast<int>(record.priority));
    message_ += stamp_.text(record.when);
    message_ += ' ';
    message_ += origin_.text(record.ident);
    append_one_line(message_, record.text);
  }

  Sending send() {
    if (!fd_.valid()) return Sending::broken;
    if (::send(fd_.get(), message_.data(), message_.size(), MSG_NOSIGNAL) >= 0) {
      return Sending::sent;
    }
    const int code = errno;
    if (code == EMSGSIZE && message_.size() > kShortMessage) {
      message_.resize(kShortMessage);
      return send();
    }
    return code == EAGAIN || code == ENOBUFS || code == EINTR ? Sending::full : Sending::broken;
  }

  bool wait_for_room() {
    pollfd wanted{fd_.get(), POLLOUT, 0};
    return ::poll(&wanted, 1, static_cast<int>(kStuckPatience.count())) > 0;
  }

  std::string path_;
  Origin origin_;
  Fd fd_;
  Stamp stamp_;
  std::string message_;
};

}  // namespace

std::unique_ptr<Sink> make_syslog_sink(const LogOptions& options) {
  return std::make_unique<SyslogSink>(options);
}

}  // namespace signet::maillog
