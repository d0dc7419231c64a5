#include "signet/agent/lesser_child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "signet/base/fd.h"

namespace signet::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostHeard = 8 * 1024 * 1024;  // octets
constexpr char kAnswer = '+', kTemporary = 'T', kPermanent = 'P';

[[noreturn]] void answer_as(const Identity& identity,
                            const std::function<Result<std::string>()>& question, int pipe) {
  std::string out;
  const auto dropped = drop_privileges(identity);
  (void)prctl(PR_SET_DUMPABLE, 0);  // nobody of the same user looks in, or has a word
  const auto heard = dropped ? question() : std::unexpected(dropped.error());
  if (heard) {
    out = kAnswer + *heard;
  } else {
    out =
        (heard.error().kind == ErrorKind::temporary ? kTemporary : kPermanent) + heard.error().what;
  }
  for (std::string_view rest = out; !rest.empty();) {
    const auto written = write(pipe, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(1);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  _exit(0);  // what a destructor would end is not ours
}

Result<std::string> hear(int pipe, steady_clock::time_point until) {
  std::string in;
  std::array<char, 4096> piece{};
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd one{.fd = pipe, .events = POLLIN, .revents = 0};
    const int ready = poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return temporary("no answer in time");
    const auto got = read(pipe, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("reading", errno);
    if (got == 0) return in;
    in.append(piece.data(), static_cast<std::size_t>(got));
    if (in.size() > kMostHeard) return permanent("the answer is too long");
  }
}

}  // namespace

Result<std::string> ask_as(const Identity& identity,
                           const std::function<Result<std::string>()>& question,
                           std::chrono::seconds patience) {
  if (!identity.drop) return question();
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe", errno);
  Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const pid_t child = fork();
  if (child < 0) return system_error("fork", errno);
  if (child == 0) answer_as(identity, question, theirs.get());
  theirs = Fd();
  auto heard = hear(ours.get(), steady_clock::now() + patience);
  if (!heard) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!heard) return heard;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || heard->empty()) {
    return temporary("whoever asked died");
  }
  const char kind = heard->front();
  heard->erase(0, 1);
  if (kind == kTemporary) return temporary(std::move(*heard));
  if (kind == kPermanent) return permanent(std::move(*heard));
  return heard;
}

}  // namespace signet::agent
