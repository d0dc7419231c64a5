#include "table/socket_table.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "signet/base/fd.h"
#include "signet/base/guarded.h"
#include "signet/base/text.h"
#include "table/waiting_table.h"

namespace signet::table {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);  // for one answer, with connecting
constexpr std::size_t kMostReply = 8192;
constexpr std::size_t kMostIdle = 8;

using std::chrono::steady_clock;

// One connection, used by one thread at a time.
class Line final {
 public:
  Line(Fd socket, steady_clock::time_point until) : socket_(std::move(socket)), until_(until) {}
  void renew(steady_clock::time_point until) { until_ = until; }
  [[nodiscard]] Result<std::string> ask(std::string_view request);
  [[nodiscard]] Result<void> wait(short events) const;
  [[nodiscard]] int fd() const { return socket_.get(); }
  // Open, and nothing was said that nobody asked for: with that each answer would be one behind.
  [[nodiscard]] bool is_quiet() const {
    char one = 0;
    // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): with this flag it does not
    return recv(socket_.get(), &one, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

 private:
  [[nodiscard]] Result<void> send_all(std::string_view bytes) const;
  [[nodiscard]] Result<std::string> read_reply();

  Fd socket_;
  steady_clock::time_point until_;
};

Result<void> Line::wait(short events) const {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until_ - steady_clock::now());
    if (left.count() <= 0) return temporary("no answer in time");
    pollfd one{.fd = socket_.get(), .events = events, .revents = 0};
    const int ready = poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return system_error("poll", errno);
  }
}

Result<void> Line::send_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    const int code = errno;
    if (sent < 0 && code == EINTR) continue;
    if (sent < 0 && code != EAGAIN) return system_error("sending", code);
    if (auto ready = wait(POLLOUT); !ready) return ready;
  }
  return {};
}

// "4:text,": the length first, and not one byte behind the comma.
Result<std::string> Line::read_reply() {
  std::string in;
  std::size_t colon = std::string::npos;
  std::size_t length = 0;
  for (;;) {
    const bool has_length = colon != std::string::npos;
    if (!has_length) colon = in.find(':');
    if (!has_length && colon != std::string::npos) {
      const auto number = parse_number(std::string_view(in).substr(0, colon));
      if (!number || *number > kMostReply) return temporary("the answer is no netstring");
      length = static_cast<std::size_t>(*number);
    }
    if (colon == std::string::npos && in.size() > 8) return temporary("the answer is no netstring");
    if (colon != std::string::npos && in.size() >= colon + length + 2) {
      if (in.size() > colon + length + 2 || in.back() != ',') {
        return temporary("the answer is no netstring");
      }
      return in.substr(colon + 1, length);
    }
    std::array<char, 2048> piece{};
    const auto got = recv(socket_.get(), piece.data(), piece.size(), 0);
    const int code = errno;
    if (got > 0) {
      in.append(piece.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      return temporary("the connection was closed");
    } else if (code == EAGAIN) {
      if (auto ready = wait(POLLIN); !ready) return std::unexpected(std::move(ready).error());
    } else if (code != EINTR) {
      return system_error("reading", code);
    }
  }
}

Result<std::string> Line::ask(std::string_view request) {
  const std::string out = std::to_string(request.size()) + ":" + std::string(request) + ",";
  if (auto sent = send_all(out); !sent) return std::unexpected(std::move(sent).error());
  return read_reply();
}

Result<Line> connect_to(const sockaddr* address, socklen_t size, steady_clock::time_point until) {
  Fd fd(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return system_error("socket", errno);
  Line line(std::move(fd), until);
  if (connect(line.fd(), address, size) != 0) {
    if (errno != EINPROGRESS) return system_error("connecting", errno);
    if (auto ready = line.wait(POLLOUT); !ready) return std::unexpected(std::move(ready).error());
    int code = 0;
    socklen_t length = sizeof code;
    if (getsockopt(line.fd(), SOL_SOCKET, SO_ERROR, &code, &length) != 0) code = errno;
    if (code != 0) return system_error("connecting", code);
  }
  const int on = 1;  // of no use on a unix socket, and no harm
  (void)setsockopt(line.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return line;
}

Result<Line> connect_unix(const std::string& path, steady_clock::time_point until) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return permanent("the path is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, until);
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// "inet:5461@localhost" and the like, "unix:/run/map".
Result<Line> connect_to(const std::string& where, steady_clock::time_point until) {
  const auto colon = where.find(':');
  const std::string family = where.substr(0, colon);
  const std::string rest = where.substr(std::min(colon + 1, where.size()));
  if (family == "unix" || family == "local") return connect_unix(rest, until);
  const auto at = rest.find('@');
  if (at == std::string::npos) return permanent("no PORT@HOST");
  addrinfo hints{};
  hints.ai_family = family == "inet6" ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code =
      getaddrinfo(rest.substr(at + 1).c_str(), rest.substr(0, at).c_str(), &hints, &list);
  if (code != 0) return temporary(std::string("looking up its host: ") + gai_strerror(code));
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  Result<Line> last = temporary("its host has no address");
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    last = connect_to(one->ai_addr, one->ai_addrlen, until);
    if (last) break;
  }
  return last;
}

class SocketAsker final : public Asker {
 public:
  explicit SocketAsker(const Spec& spec)
      : where_(spec.file),
        map_(spec.name),
        patience_(spec.timeout.count() > 0 ? Duration(spec.timeout) : kPatience) {}
  [[nodiscard]] Heard ask(const std::string& key) override;

 private:
  [[nodiscard]] Result<std::string> exchange(const std::string& request);

  const std::string where_;
  const std::string map_;  // which the server is asked for
  const Duration patience_;
  Guarded<std::vector<Line>> idle_;
};

// A connection that was idle may have been closed meanwhile: then once more on a fresh one.
Result<std::string> SocketAsker::exchange(const std::string& request) {
  const auto until = steady_clock::now() + patience_;
  auto line = idle_.with([](auto& idle) -> std::optional<Line> {
    while (!idle.empty()) {
      std::optional<Line> last(std::move(idle.back()));
      idle.pop_back();
      if (last->is_quiet()) return last;
    }
    return std::nullopt;
  });
  Result<std::string> reply = temporary("not asked");
  if (line) {
    line->renew(until);
    reply = line->ask(request);
  }
  if (!reply) {
    auto fresh = connect_to(where_, until);
    if (!fresh) return std::unexpected(std::move(fresh).error());
    line.emplace(std::move(*fresh));
    reply = line->ask(request);
  }
  if (!reply) return reply;
  idle_.with([&](auto& idle) {
    if (idle.size() < kMostIdle) idle.push_back(std::move(*line));
  });
  return reply;
}

Heard SocketAsker::ask(const std::string& key) {
  const auto reply = exchange(map_ + " " + key);
  if (!reply) {
    idle_.with([](auto& idle) { idle.clear(); });
    return {std::unexpected(reply.error()), true};
  }
  const std::string_view text = *reply;
  const auto blank = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, blank);
  if (word == "NOTFOUND") return {std::nullopt};
  if (word != "OK") return {temporary(printable(text))};
  return {std::string(text.substr(std::min(blank + 1, text.size())))};
}

}  // namespace

std::shared_ptr<const Table> make_socket_table(const Spec& spec, const Upkeep& upkeep,
                                               Clock clock) {
  return std::make_shared<WaitingTable>(spec, "socket:" + spec.file, upkeep, std::move(clock),
                                        std::make_unique<SocketAsker>(spec));
}

}  // namespace signet::table
