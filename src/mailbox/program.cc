#include "signet/mailbox/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "mailbox/writers.h"

namespace signet::mailbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOutput = 2048;

struct Pipe {
  static Result<Pipe> make() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe", errno);
    return Pipe{.out = Fd(ends[0]), .in = Fd(ends[1])};
  }
  Fd out, in;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

// What the child needs to become the program.
struct Start {
  const Program& program;
  char** arguments;
  char** environment;
  int input;
  int output;
  int trouble;  // takes errno of what fails; closed by success
  pid_t feeder;
};

[[noreturn]] void give_up(const Start& start) {
  const int code = errno;
  (void)!write(start.trouble, &code, sizeof code);
  _exit(1);
}

// In the child: nothing is allocated, nothing but standard streams is kept, no signal is ignored.
[[noreturn]] void become_program(const Start& start) {
  setsid();
  // Behind the standard streams first, where one of them was closed.
  const int from = fcntl(start.input, F_DUPFD, STDERR_FILENO + 1);
  const int to = fcntl(start.output, F_DUPFD, STDERR_FILENO + 1);
  if (dup2(from, STDIN_FILENO) < 0 || dup2(to, STDOUT_FILENO) < 0 || dup2(to, STDERR_FILENO) < 0 ||
      close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    give_up(start);
  }
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  alarm(0);
  umask(077);
  constexpr rlimit kNoCore{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &kNoCore);
  bool entered = false;
  for (const auto& folder : start.program.folders) entered = entered || chdir(folder.c_str()) == 0;
  if (!entered && chdir("/") != 0) give_up(start);
  // Who feeds it may be killed: the letter's end must not be taken for that of its pipe.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != start.feeder) give_up(start);
  execve(start.program.path.c_str(), start.arguments, start.environment);
  give_up(start);
}

// A program under way: takes the letter, says something, ends. Destroyed, it has ended.
class Running final {
 public:
  explicit Running(const Program& program)
      : path_(program.path), until_(Clock::now() + program.patience), client_(program.client) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  // Killed before its input ends: it must not take a part for the whole.
  ~Running() {
    if (child_ < 0) return;
    kill(-child_, SIGKILL);
    kill(child_, SIGKILL);
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  Result<void> start(const Program& program) {
    auto input = Pipe::make();
    if (!input) return std::unexpected(std::move(input).error());
    auto output = Pipe::make();
    if (!output) return std::unexpected(std::move(output).error());
    auto trouble = Pipe::make();
    if (!trouble) return std::unexpected(std::move(trouble).error());
    const auto arguments = pointers(program.arguments);
    const auto environment = pointers(program.environment);
    const pid_t feeder = getpid();
    const pid_t child = fork();
    if (child < 0) return system_error("fork", errno);
    if (child == 0) {
      become_program({.program = program,
                      .arguments = const_cast<char**>(arguments.data()),
                      .environment = const_cast<char**>(environment.data()),
                      .input = input->out.get(),
                      .output = output->in.get(),
                      .trouble = trouble->in.get(),
                      .feeder = feeder});
    }
    child_ = child;
    process_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    input_ = std::move(input->in);
    output_ = std::move(output->out);
    trouble_ = std::move(trouble->out);
    if (!process_.valid()) return system_error("pidfd_open", errno);
    for (const int fd : {input_.get(), output_.get()}) {
      if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return system_error("fcntl", errno);
    }
    return {};
  }

  // A program that reads no more, or ends early, has said what it wanted.
  Result<void> write(std::string_view bytes) {
    while (!bytes.empty() && input_.valid() && !is_over()) {
      const auto written = ::write(input_.get(), bytes.data(), bytes.size());
      const int code = errno;
      if (written > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (written < 0 && code == EPIPE) {
        input_ = Fd();
      } else if (written < 0 && code != EAGAIN && code != EINTR) {
        return system_error("writing to the program", code);
      } else {
        wait();
      }
    }
    return {};
  }

  Result<ProgramEnd> finish() {
    if (!is_over()) input_ = Fd();
    while (!is_over()) wait();
    if (!ended_ && unwanted_) return temporary("nobody waits for the program any more");
    ProgramEnd end;
    end.late = late_;
    if (late_) kill(-child_, SIGKILL);
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
    int code = 0;
    if (read(trouble_.get(), &code, sizeof code) == sizeof code) {
      return temporary("cannot run " + path_ + ": " + error_text(code));
    }
    while (listen()) {  // what it said last
    }
    end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.output = std::move(said_);
    return end;
  }

 private:
  [[nodiscard]] bool is_over() const { return ended_ || late_ || unwanted_; }

  // Until it reads, speaks or ends, its time is over, or nobody waits for it.
  void wait() {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now()).count();
    if (left <= 0) {
      late_ = true;
      return;
    }
    std::array<pollfd, 4> watch{pollfd{.fd = process_.get(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = output_.get(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = input_.get(), .events = POLLOUT, .revents = 0},
                                pollfd{.fd = client_, .events = POLLRDHUP, .revents = 0}};
    constexpr std::int64_t kLongest = 60'000;
    if (poll(watch.data(), watch.size(), static_cast<int>(std::min(left, kLongest))) <= 0) return;
    if (watch[1].revents != 0) (void)listen();
    ended_ = watch[0].revents != 0;
    unwanted_ = watch[3].revents != 0;
  }

  // False: nothing more for now. What is too much is read, so that it can go on, and dropped.
  bool listen() {
    if (!output_.valid()) return false;
    std::array<char, 4096> piece{};
    const auto got = read(output_.get(), piece.data(), piece.size());
    if (got < 0) return false;
    if (got == 0) {
      output_ = Fd();
      return false;
    }
    const auto size = static_cast<std::size_t>(got);
    said_.append(piece.data(), std::min(size, kMostOutput - said_.size()));
    heard_ += size;
    return heard_ < kMostHeard || !is_over();
  }

  static constexpr std::size_t kMostHeard = 16 * 1024 * 1024;  // of one that is over
  const std::string path_;
  const Clock::time_point until_;
  const int client_;
  pid_t child_ = -1;
  Fd process_, input_, output_, trouble_;
  bool ended_ = false;
  bool late_ = false;
  bool unwanted_ = false;
  std::size_t heard_ = 0;
  std::string said_;
};

}  // namespace

Result<ProgramEnd> run_program(const Program& program, const Letter& letter) {
  signal(SIGPIPE, SIG_IGN);
  Running running(program);
  if (auto started = running.start(program); !started) {
    return std::unexpected(std::move(started).error());
  }
  Output output([&](std::string_view bytes) { return running.write(bytes); });
  auto written = write_letter(output, letter, program.form);
  if (written) written = output.flush();
  if (!written) return std::unexpected(std::move(written).error());
  return running.finish();
}

}  // namespace signet::mailbox
