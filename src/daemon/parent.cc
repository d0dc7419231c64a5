// The parent: opens ports while it may, starts engine and agent, restarts what dies, answers the
// engine's questions at a reload, passes signals on. One thread, no bytes from the network.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <set>
#include <thread>
#include <utility>

#include "daemon/broker.h"
#include "daemon/configurations.h"
#include "daemon/engine.h"
#include "daemon/ports.h"
#include "daemon/presence.h"
#include "daemon/privileges.h"
#include "daemon/restart_plan.h"
#include "daemon/site_agent.h"
#include "signet/agent/agent.h"
#include "signet/base/frames.h"
#include "signet/daemon/daemon.h"

namespace signet::daemon {
namespace {

constexpr std::chrono::seconds kBrokerPatience{10};
constexpr std::chrono::seconds kAgentPatienceAtEnd{5};

class Parent final {
 public:
  explicit Parent(const StartOptions& options)
      : options_(options), configurations_(options.configuration) {}
  int run();

 private:
  Result<void> prepare();
  void start_engine();
  void start_agent();
  void start_what_is_due();
  [[nodiscard]] int poll_patience() const;
  int supervise();
  // Gives an exit status when it is time to go.
  std::optional<int> on_signal(const signalfd_siginfo& signal);
  std::optional<int> on_child(pid_t child, int status);
  std::optional<int> on_engine_death(int status);
  void pass_on(int signal);
  void on_ready();
  void tell_starter(int status);
  void end_agent() const;
  void child_begins() const;

  const StartOptions& options_;
  Configurations configurations_;
  std::size_t loops_ = 1;
  std::vector<std::string> remarks_;
  agent::Identity identity_;
  agent::Options agent_options_;
  OpenPorts ports_;
  Fd queue_lock_;  // the queue is ours while the parent lives
  Fd pid_file_;    // locked, for who looks for us
  Fd letters_;     // where the agent listens
  std::string agent_path_;
  Fd signals_;
  Fd broker_;
  Fd starter_;  // -bd: the process that waits to give the prompt back
  pid_t engine_ = -1;
  pid_t agent_ = -1;
  RestartPlan engine_plan_;
  RestartPlan agent_plan_;
  std::string last_death_;       // of an engine, for the log of the next one
  bool engine_ready_ = false;    // it hears signals
  std::set<int> early_signals_;  // came before that
  bool served_ = false;          // some engine was ready: the start has succeeded
  bool ending_ = false;
  int status_ = EX_OK;
};

// Counted once: each loop has its sockets.
std::size_t count_loops(const conf::Config& config) {
  if (config.loops != 0) return static_cast<std::size_t>(config.loops);
  return std::max(1U, std::thread::hardware_concurrency());
}

Result<void> Parent::prepare() {
  auto warnings = configurations_.begin();
  if (!warnings) {
    status_ = conf::exit_code(warnings.error());
    return std::unexpected(std::move(warnings).error());
  }
  for (const auto& warning : *warnings) remarks_.push_back(warning.to_string());
  const conf::Config& config = *configurations_.start();
  if (!config.time_zone.empty()) setenv("TZ", config.time_zone.c_str(), 1);
  loops_ = count_loops(config);
  status_ = EX_CONFIG;
  auto identity = engine_identity(config);
  if (!identity) return std::unexpected(std::move(identity).error());
  identity_ = *identity;
  auto agent = agent_options(config);
  if (!agent) return std::unexpected(std::move(agent).error());
  agent_options_ = std::move(*agent);
  if (auto made = prepare_queue_directory(config.queue_directory, identity_); !made) return made;
  if (options_.listen) {
    auto ports = open_ports(config.daemon_ports, loops_);
    if (!ports) {
      status_ = EX_OSERR;
      return std::unexpected(std::move(ports).error());
    }
    ports_ = std::move(*ports);
    remarks_.insert(remarks_.end(), ports_.remarks.begin(), ports_.remarks.end());
  }
  // Before anything is taken from another daemon's hands: its agent's socket, its pid file.
  auto lock = lock_queue(config.queue_directory);
  if (!lock) {
    status_ = EX_UNAVAILABLE;
    return std::unexpected(std::move(lock).error());
  }
  queue_lock_ = std::move(*lock);
  agent_path_ = config.queue_directory + "/agent";
  auto letters = agent::listen_for_letters(agent_path_);
  if (!letters) return std::unexpected(std::move(letters).error());
  letters_ = std::move(*letters);
  if (identity_.drop && lchown(agent_path_.c_str(), identity_.uid, identity_.gid) != 0) {
    return system_error("giving " + agent_path_ + " to the engine", errno);
  }
  status_ = EX_OK;
  return {};
}

// Signals as in a program that was just started.
void Parent::child_begins() const {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void Parent::start_agent() {
  agent_plan_.on_start(RestartPlan::Clock::now());
  const pid_t child = fork();
  if (child != 0) {
    agent_ = child;
    if (child < 0) agent_plan_.on_death(RestartPlan::Clock::now());
    return;
  }
  child_begins();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (!options_.foreground) detach_streams(Detach::errors_too);
  for (auto& port : ports_.open) port.sockets.clear();
  queue_lock_ = Fd();
  broker_ = Fd();
  starter_ = Fd();
  agent::run_agent(letters_.get(), agent_options_);
}

// The engine gets copies of the listening sockets; ours stay for the next engine.
void Parent::start_engine() {
  engine_ready_ = false;
  engine_plan_.on_start(RestartPlan::Clock::now());
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return engine_plan_.on_death(RestartPlan::Clock::now());
  }
  Fd ours(pair[0]);
  Fd theirs(pair[1]);
  const pid_t child = fork();
  if (child == 0) {
    child_begins();
    ours = Fd();
    queue_lock_ = Fd();
    broker_ = Fd();
    letters_ = Fd();
    starter_ = Fd();
    EngineOrder order;
    order.config = configurations_.newest();
    order.overrides = options_.configuration.overrides;
    order.remarks = remarks_;
    if (!last_death_.empty()) order.remarks.push_back(last_death_);
    order.queue_interval = options_.queue_interval;
    order.log_tag = options_.log_tag;
    order.start = configurations_.start();
    order.loops = loops_;
    order.background = !options_.foreground;
    order.ports = &ports_;
    order.identity = identity_;
    order.broker = theirs.get();
    order.agent_path = agent_path_;
    _exit(run_engine(order));
  }
  if (child < 0) return engine_plan_.on_death(RestartPlan::Clock::now());
  limit_patience(ours.get(), kBrokerPatience);
  broker_ = std::move(ours);
  engine_ = child;
}

void Parent::start_what_is_due() {
  const auto now = RestartPlan::Clock::now();
  if (ending_) return;
  if (agent_plan_.due() && *agent_plan_.due() <= now) start_agent();
  if (engine_plan_.due() && *engine_plan_.due() <= now) start_engine();
}

// Milliseconds until a start is due; -1: none is.
int Parent::poll_patience() const {
  std::optional<RestartPlan::Clock::time_point> next = engine_plan_.due();
  if (agent_plan_.due() && (!next || *agent_plan_.due() < *next)) next = agent_plan_.due();
  if (!next || ending_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - RestartPlan::Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void Parent::tell_starter(int status) {
  if (!starter_.valid()) return;
  const auto byte = static_cast<unsigned char>(status);
  [[maybe_unused]] const auto sent = write(starter_.get(), &byte, 1);
  starter_ = Fd();
}

void Parent::on_ready() {
  engine_ready_ = true;
  configurations_.on_taken();
  for (const int early : std::exchange(early_signals_, {})) kill(engine_, early);
  if (std::exchange(served_, true)) return;
  if (const std::string& path = configurations_.start()->pid_file; !path.empty()) {
    auto held = hold_pid_file(path, options_.command_line);
    if (!held) std::cerr << "signet: " << held.error().what << " (PidFile)\n";
    if (held) pid_file_ = std::move(*held);
  }
  if (!options_.foreground) detach_streams(Detach::errors_too);
  tell_starter(EX_OK);
}

std::optional<int> Parent::on_child(pid_t child, int status) {
  if (child == agent_) {
    agent_ = -1;
    agent_plan_.on_death(RestartPlan::Clock::now());
    return std::nullopt;
  }
  return child == engine_ ? on_engine_death(status) : std::nullopt;
}

// Before the first one was ready, it has said why the start fails. Later ones are replaced.
std::optional<int> Parent::on_engine_death(int status) {
  engine_ = -1;
  engine_ready_ = false;
  configurations_.on_engine_death();
  broker_ = Fd();
  if (ending_ && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) return EX_OK;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
  if (ending_ || !served_) return code;
  last_death_ = WIFEXITED(status) ? "the engine ended with status " + std::to_string(code)
                                  : "the engine died of signal " + std::to_string(WTERMSIG(status));
  last_death_ += " and was started again";
  engine_plan_.on_death(RestartPlan::Clock::now());
  return std::nullopt;
}

// An engine that does not hear signals yet hears them when it is ready. While none runs, SIGHUP
// brings one, with the configuration as it is now.
void Parent::pass_on(int signal) {
  if (engine_ > 0 && engine_ready_) {
    kill(engine_, signal);
  } else if (engine_ > 0) {
    early_signals_.insert(signal);
  } else if (signal == SIGHUP) {
    const auto read = configurations_.reread();
    if (!read) std::cerr << "signet: " << read.error().what << '\n';
    engine_plan_.hasten(RestartPlan::Clock::now());
  }
}

std::optional<int> Parent::on_signal(const signalfd_siginfo& signal) {
  switch (signal.ssi_signo) {
    case SIGCHLD: {
      int status = 0;
      for (pid_t child = 0; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (auto code = on_child(child, status)) return code;
      }
      return std::nullopt;
    }
    case SIGTERM:
    case SIGINT:
      ending_ = true;
      if (engine_ < 0) return EX_OK;
      kill(engine_, SIGTERM);
      return std::nullopt;
    default:  // SIGHUP, SIGUSR1; the agent reads the mailbox settings at its start only
      pass_on(static_cast<int>(signal.ssi_signo));
      return std::nullopt;
  }
}

int Parent::supervise() {
  const BrokerHandlers handlers{
      .on_ready = [this] { on_ready(); },
      .on_taken = [this] { configurations_.on_taken(); },
      .configuration = [this] { return configurations_.reread(); },
      .key = [this](const std::string& path) { return configurations_.key(path, identity_.uid); },
      .map = [this](const std::string& path) { return configurations_.map(path); },
      .log = [this](const std::string& path) { return configurations_.log(path); }};
  while (true) {
    start_what_is_due();
    std::array<pollfd, 2> watch{pollfd{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = broker_.get(), .events = POLLIN, .revents = 0}};
    if (poll(watch.data(), watch.size(), poll_patience()) < 0 && errno != EINTR) return EX_OSERR;
    if ((watch[1].revents & POLLIN) != 0) {
      if (!answer_request(broker_.get(), handlers)) broker_ = Fd();  // SIGCHLD says the rest
    } else if (watch[1].revents != 0) {
      broker_ = Fd();
    }
    signalfd_siginfo signal{};
    if ((watch[0].revents & POLLIN) == 0 ||
        read(signals_.get(), &signal, sizeof signal) != sizeof signal) {
      continue;
    }
    if (auto status = on_signal(signal)) return *status;
  }
}

// The engine is gone, so nobody hears what becomes of a letter: an agent that hangs (a mailbox on a
// file server that is away) does not keep us. Letters begun are finished by its children.
void Parent::end_agent() const {
  if (agent_ < 0) return;
  kill(agent_, SIGTERM);
  sigset_t death;
  sigemptyset(&death);
  sigaddset(&death, SIGCHLD);
  const auto until = RestartPlan::Clock::now() + kAgentPatienceAtEnd;
  while (waitpid(agent_, nullptr, WNOHANG) == 0) {
    if (RestartPlan::Clock::now() > until) {
      kill(agent_, SIGKILL);
      return;
    }
    constexpr timespec kStep{.tv_sec = 1, .tv_nsec = 0};
    sigtimedwait(&death, nullptr, &kStep);
  }
}

int Parent::run() {
  umask(022);  // whoever started us: a pid file that others may write would aim our signals
  if (auto prepared = prepare(); !prepared) {
    std::cerr << prepared.error().what << '\n';
    return status_;
  }
  for (const auto& remark : remarks_) std::cerr << "Warning: " << remark << '\n';
  if (!options_.foreground) {
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return EX_OSERR;
    const pid_t child = fork();
    if (child < 0) return EX_OSERR;
    if (child > 0) {  // waits until the ports are served, or the start has failed
      close(pipe_ends[1]);
      unsigned char status = EX_SOFTWARE;
      [[maybe_unused]] const auto got = read(pipe_ends[0], &status, 1);
      return status;
    }
    close(pipe_ends[0]);
    starter_ = Fd(pipe_ends[1]);
    setsid();
    detach_streams(Detach::input_output);
  }
  sigset_t mine;
  sigemptyset(&mine);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&mine, number);
  sigprocmask(SIG_BLOCK, &mine, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signals_ = Fd(signalfd(-1, &mine, SFD_CLOEXEC));
  start_agent();
  start_engine();
  const int status = supervise();
  tell_starter(status);
  end_agent();
  unlink(agent_path_.c_str());
  remove_pid_file(configurations_.start()->pid_file);
  return status;
}

}  // namespace

int run_daemon(const StartOptions& options) {
  Parent parent(options);
  return parent.run();
}

}  // namespace signet::daemon
