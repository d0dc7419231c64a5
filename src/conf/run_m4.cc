#include "conf/run_m4.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "signet/base/fd.h"

namespace signet::conf {
namespace {

constexpr std::size_t kMostOutput = 16UL << 20;
constexpr std::chrono::seconds kMostTime{10};

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Reads both pipes to their ends. False: too much or too long.
bool collect(Pipe& out, Pipe& err, M4Output& output) {
  const auto until = std::chrono::steady_clock::now() + kMostTime;
  std::array<pollfd, 2> watch{pollfd{.fd = out.read.get(), .events = POLLIN, .revents = 0},
                              pollfd{.fd = err.read.get(), .events = POLLIN, .revents = 0}};
  std::array<std::string*, 2> texts{&output.text, &output.errors};
  std::array<char, 65536> chunk{};
  while (watch[0].fd >= 0 || watch[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    if (poll(watch.data(), watch.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return false;
    }
    for (std::size_t i = 0; i < watch.size(); ++i) {
      if (watch[i].revents == 0) continue;
      const auto got = read(watch[i].fd, chunk.data(), chunk.size());
      if (got <= 0) {
        watch[i].fd = -1;
        continue;
      }
      texts[i]->append(chunk.data(), static_cast<std::size_t>(got));
      if (texts[i]->size() > kMostOutput) return false;
    }
  }
  return true;
}

}  // namespace

Result<M4Output> run_m4(const std::vector<std::string>& arguments) {
  auto out = make_pipe();
  if (!out) return std::unexpected(std::move(out).error());
  auto err = make_pipe();
  if (!err) return std::unexpected(std::move(err).error());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out->write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err->write.get(), STDERR_FILENO);
  std::vector<std::string> words{"m4"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int code = posix_spawnp(&child, "m4", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return system_error("starting m4 (package m4)", code);
  out->write = Fd();
  err->write = Fd();

  M4Output output;
  const bool whole = collect(*out, *err, output);
  if (!whole) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole)
    return permanent("m4 wrote too much or took too long: does a define use its own name?");
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

}  // namespace signet::conf
