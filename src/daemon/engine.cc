#include "daemon/engine.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "daemon/broker.h"
#include "daemon/class_maps.h"
#include "daemon/engine_loop.h"
#include "daemon/map_keeper.h"
#include "daemon/maps.h"
#include "daemon/names.h"
#include "daemon/release_orders.h"
#include "daemon/reload.h"
#include "daemon/site_agent.h"
#include "signet/conf/load.h"

namespace signet::daemon {
namespace {

constexpr std::size_t kComputeWorkers = 2;
constexpr std::size_t kAuthWorkers = 4;  // of their own: who logs in must not stop who sends
constexpr std::size_t kMapWorkers = 16;
constexpr std::size_t kLetterWorkers = 4;
constexpr std::size_t kProgramWorkers = 16;  // together fewer than the agent's children
constexpr std::chrono::seconds kWorkersPatience{5};
constexpr std::chrono::seconds kDrainPatience{30};  // then sessions are cut; mail is on disk
constexpr unsigned kQueueIdPids = 1000000;          // a queue id ends in six digits of the pid

maillog::LogOptions log_options(const conf::Config& config, const std::string& nick) {
  maillog::LogOptions options;
  options.level = static_cast<int>(config.log_level);
  options.host = nick;
  using Kind = conf::LogTarget::Kind;
  switch (config.log_target.kind) {
    case Kind::syslog:
      options.target.kind = maillog::TargetKind::syslog;
      break;
    case Kind::standard_error:
      options.target.kind = maillog::TargetKind::standard_error;
      break;
    case Kind::file:
      options.target = {maillog::TargetKind::file, config.log_target.file};
      break;
  }
  return options;
}

// Foreign code in a worker (Cyrus SASL, the name service) may hang for as long as it likes. When
// all that must last is on disk, the end waits for it a little and no longer.
class LastBell final {
 public:
  explicit LastBell(int status)
      : thread_([status](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any never;
          never.wait_for(lock, stop, kWorkersPatience, [] { return false; });
          if (!stop.stop_requested()) _exit(status);
        }) {}

 private:
  std::jthread thread_;
};

// Lives on the engine's main thread; the loops have threads of their own.
class Engine final {
 public:
  explicit Engine(const EngineOrder& order) : order_(order), broker_(order.broker) {}
  int run();

 private:
  Result<void> prepare();
  Result<queue::Recovered> open_spool();
  void start_loops(std::vector<queue::Waiting> waiting);
  void on_loop_ready();
  void say_hello();
  void reload();
  struct Reloaded {
    std::shared_ptr<const Site> site;
    std::vector<std::string> remarks;  // what waits for a restart, warnings
  };
  Result<Reloaded> make_anew();
  void on_reloaded(Result<Reloaded> made);
  void write_remarks();
  void take_over(Result<Reloaded> made);
  void run_queue();
  void release_quarantined();
  void drain();
  void end(int status);
  [[nodiscard]] SiteParts site_parts(bool privileged) const;
  void write(maillog::Priority priority, std::string_view text) {
    log_->write(maillog::remark(priority, text));
  }

  const EngineOrder& order_;
  BrokerClient broker_;
  loop::Loop control_;
  std::unique_ptr<maillog::Log> log_;
  std::unique_ptr<sasl::Library> sasl_;
  std::unique_ptr<MapKeeper> keeper_ = std::make_unique<MapKeeper>(control_);
  std::shared_ptr<const Site> site_;
  std::unique_ptr<queue::Spool> spool_;
  std::unique_ptr<mail::QueueIds> ids_;
  receive::ClientCounts clients_;
  struct Listening {
    std::string daemon;
    SocketAddress address;
  };
  std::vector<Listening> listening_;
  std::unique_ptr<loop::Workers> workers_;
  std::unique_ptr<loop::Workers> auth_workers_;
  std::unique_ptr<loop::Workers> map_workers_;
  std::unique_ptr<loop::Workers> letter_workers_;
  std::unique_ptr<loop::Workers> program_workers_;
  std::unique_ptr<loop::Workers> reloader_;
  std::vector<std::unique_ptr<EngineLoop>> loops_;
  std::size_t loops_ready_ = 0;
  std::size_t loops_draining_ = 0;
  bool draining_ = false;
  bool reloading_ = false;
  bool reload_again_ = false;
  int status_ = EX_OK;
  std::optional<loop::Timer> patience_;
};

SiteParts Engine::site_parts(bool privileged) const {
  SiteParts parts;
  parts.sasl = sasl_.get();
  parts.loops = order_.loops;
  parts.queue_interval = order_.queue_interval;
  parts.file_owner = order_.identity.drop ? order_.identity.uid : 0;
  parts.maps.tell = [log = log_.get()](std::string_view text) {
    log->write(maillog::remark(maillog::Priority::warning, text));
  };
  parts.maps.keep = [keeper = keeper_.get()](table::Look look) { keeper->keep(std::move(look)); };
  // Also of a site that was made with privileges: its maps are opened again without them.
  if (order_.identity.drop) {
    parts.maps.open_file = [broker = broker_](const std::string& path) mutable -> Result<Fd> {
      auto opened = open_to_read(path);
      if (opened || opened.error().system_code != EACCES) return opened;
      return broker.map(path);
    };
  }
  if (!privileged && order_.identity.drop) {
    parts.read_key = [broker = broker_](const std::string& path) mutable {
      return broker.key(path);
    };
  }
  return parts;
}

// Everything that needs the privileges of the start comes before agent::drop_privileges().
Result<void> Engine::prepare() {
  const conf::Config& config = *order_.config;
  raise_descriptor_limit();
  maillog::Lines remarks;
  auto whole = with_class_maps(order_.config, {}, order_.identity, remarks);  // no threads yet
  if (!whole) return std::unexpected(std::move(whole).error());
  maillog::LogOptions logging = log_options(config, make_names(config).nick);
  logging.ident = order_.log_tag;
  if (order_.identity.drop) {
    logging.open_file = [broker = broker_](const std::string& path) mutable {
      return broker.log(path);
    };
  }
  auto log = maillog::Log::open(std::move(logging));
  if (!log) return std::unexpected(std::move(log).error().within("LogTarget"));
  log_ = std::move(*log);
  log_->write(remarks);
  sasl::LibraryOptions library;
  library.conf_dir = config.sasl_conf_dir;
  auto sasl = sasl::Library::open(library);
  if (sasl) {
    sasl_ = std::move(*sasl);
  } else {
    write(maillog::Priority::warning, "AUTH is off: " + sasl.error().what);
  }
  auto site = make_site(std::move(*whole), site_parts(true));
  if (!site) return std::unexpected(std::move(site).error());
  site_ = std::move(*site);
  if (auto dropped = agent::drop_privileges(order_.identity); !dropped) return dropped;
  // Again: a change of user forgets it.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  return {};
}

// An engine whose parent was killed may still be draining: it gets the time it has for that.
Result<queue::Recovered> Engine::open_spool() {
  constexpr std::chrono::milliseconds kStep{100};
  queue::JournalOptions journal;
  journal.directory = order_.config->queue_directory;
  const auto until = std::chrono::steady_clock::now() + kDrainPatience + std::chrono::seconds(5);
  while (true) {
    auto recovered = queue::open_journal(journal);
    if (recovered || recovered.error().system_code != EWOULDBLOCK) return recovered;
    if (std::chrono::steady_clock::now() > until) return recovered;
    std::this_thread::sleep_for(kStep);
  }
}

int Engine::run() {
  if (auto prepared = prepare(); !prepared) {
    std::cerr << "signet: " << prepared.error().what << '\n';
    if (log_) write(maillog::Priority::error, prepared.error().what);
    return EX_CONFIG;
  }
  auto recovered = open_spool();
  if (!recovered) {
    std::cerr << "signet: " << recovered.error().what << '\n';
    write(maillog::Priority::error, recovered.error().what);
    return recovered.error().kind == ErrorKind::temporary ? EX_TEMPFAIL : EX_CONFIG;
  }
  spool_ = std::move(recovered->spool);
  for (const auto& remark : recovered->remarks) write(maillog::Priority::notice, remark);

  const loop::SignalWatch on_term(control_, SIGTERM, [this] { drain(); });
  const loop::SignalWatch on_int(control_, SIGINT, [this] { drain(); });
  const loop::SignalWatch on_hup(control_, SIGHUP, [this] { reload(); });
  const loop::SignalWatch on_usr1(control_, SIGUSR1, [this] { run_queue(); });
  start_loops(std::move(recovered->waiting));
  release_quarantined();
  control_.run();

  // Who asks goes first, then who answers, then the loops that the answers come to.
  for (const auto& one : loops_) one->dismantle();
  spool_->flush();
  log_->write(maillog::stopping_daemon("signal"));
  log_->flush();
  {
    const LastBell bell(status_);
    reloader_.reset();
    keeper_->stop();
    map_workers_.reset();
    program_workers_.reset();
    letter_workers_.reset();
    auth_workers_.reset();
    workers_.reset();
  }
  spool_.reset();
  loops_.clear();
  return status_;
}

void Engine::run_queue() {
  release_quarantined();
  for (const auto& one : loops_) one->run_queue();
}

// Also at the start: orders are kept while no daemon runs.
void Engine::release_quarantined() {
  const auto ids = take_release_orders(order_.config->queue_directory);
  if (ids.empty()) return;
  for (const auto& id : ids) write(maillog::Priority::notice, "quarantine: release " + id);
  for (const auto& one : loops_) one->release(ids);
}

void Engine::start_loops(std::vector<queue::Waiting> waiting) {
  std::random_device random;
  ids_ = std::make_unique<mail::QueueIds>(static_cast<std::uint32_t>(getpid()) % kQueueIdPids,
                                          random());
  workers_ = std::make_unique<loop::Workers>(kComputeWorkers);
  auth_workers_ = std::make_unique<loop::Workers>(kAuthWorkers);
  map_workers_ = std::make_unique<loop::Workers>(kMapWorkers);
  letter_workers_ = std::make_unique<loop::Workers>(kLetterWorkers);
  program_workers_ = std::make_unique<loop::Workers>(kProgramWorkers);
  reloader_ = std::make_unique<loop::Workers>(1);
  keeper_->start();
  const Shared shared{.spool = *spool_,
                      .log = *log_,
                      .ids = *ids_,
                      .sasl = sasl_.get(),
                      .clients = clients_,
                      .workers = *workers_,
                      .auth_workers = *auth_workers_,
                      .map_workers = *map_workers_,
                      .letter_workers = *letter_workers_,
                      .program_workers = *program_workers_,
                      .agent_path = order_.agent_path};
  // Signals are for the main thread: the loops' threads inherit a full mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < order_.loops; ++i) {
    std::vector<PortSocket> sockets;
    for (auto& open : order_.ports->open) {
      const auto& port = site_->ports[open.index];
      if (port->session->implicit_tls && !port->tls) continue;  // said in the site's remarks
      if (i == 0) listening_.push_back({port->name, open.address});
      sockets.push_back({open.index, std::move(open.sockets[i])});
    }
    std::vector<queue::Waiting> share;  // recovered mail is dealt out evenly
    for (std::size_t w = i; w < waiting.size(); w += order_.loops) share.push_back(waiting[w]);
    loops_.push_back(std::make_unique<EngineLoop>(shared, site_, std::move(sockets),
                                                  std::move(share), random()));
  }
  order_.ports->open.clear();  // what nobody serves is closed
  for (const auto& one : loops_) {
    one->start([this] { control_.post([this] { on_loop_ready(); }); },
               [this](Error error) {
                 control_.post([this, error = std::move(error)] {
                   std::cerr << "signet: " << error.what << '\n';
                   write(maillog::Priority::error, error.what);
                   end(EX_OSERR);
                 });
               });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Engine::on_loop_ready() {
  if (++loops_ready_ < loops_.size()) return;
  say_hello();
  if (order_.background &&
      order_.config->log_target.kind != conf::LogTarget::Kind::standard_error) {
    detach_streams(Detach::errors_too);
  }
  if (auto told = broker_.report_ready(); !told) end(EX_OSERR);
}

void Engine::say_hello() {
  log_->write(maillog::starting_daemon(SIGNET_VERSION, order_.queue_interval));
  if (!order_.identity.remark.empty()) write(maillog::Priority::info, order_.identity.remark);
  for (const auto& remark : order_.remarks) write(maillog::Priority::warning, remark);
  write_remarks();
  for (const auto& one : listening_) log_->write(maillog::listening(one.daemon, one.address));
}

// A worker asks the parent and builds the new site; sessions keep the old one until they end.
// Asked for meanwhile, it happens once more: what was read may be older than the asking.
void Engine::reload() {
  if (draining_) return;
  if (reloading_) {
    reload_again_ = true;
    return;
  }
  reloading_ = true;
  log_->reopen();
  reloader_->run([this] {
    control_.post([this, made = make_anew()]() mutable { on_reloaded(std::move(made)); });
  });
}

// On the reloader's thread.
Result<Engine::Reloaded> Engine::make_anew() {
  auto text = broker_.configuration();
  if (!text) return std::unexpected(std::move(text).error());
  auto loaded = conf::parse(*text, order_.config->file, order_.overrides);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  Reloaded reloaded;
  const bool changes_users = order_.identity.drop || geteuid() == 0;
  if (const auto found = look_up_users_of_programs(loaded->config); changes_users && !found) {
    reloaded.remarks.push_back("the next start will refuse this: " + found.error().what);
  }
  for (auto& remark : keep_what_is_fixed(loaded->config, *order_.start)) {
    reloaded.remarks.push_back(std::move(remark));
  }
  for (const auto& warning : loaded->warnings) reloaded.remarks.push_back(warning.to_string());
  SiteParts parts = site_parts(false);
  parts.tls_in_use = site_->tls;  // changes only between two of these
  auto site = make_site(std::make_shared<const conf::Config>(std::move(loaded->config)), parts);
  if (!site) return std::unexpected(std::move(site).error());
  reloaded.site = std::move(*site);
  if (auto told = broker_.report_taken(); !told) return std::unexpected(std::move(told).error());
  return reloaded;
}

void Engine::write_remarks() {
  log_->write(site_->remarks);
  maillog::Lines stale;
  remark_on_stale_maps(*site_->config, stale);
  log_->write(stale);
}

void Engine::on_reloaded(Result<Reloaded> made) {
  reloading_ = false;
  take_over(std::move(made));
  if (std::exchange(reload_again_, false)) reload();
}

void Engine::take_over(Result<Reloaded> made) {
  if (!made) {
    write(maillog::Priority::error,
          "reload failed, the old configuration stays: " + made.error().what);
    return;
  }
  for (const auto& remark : made->remarks) {
    write(maillog::Priority::warning, "reload: " + remark);
  }
  site_ = std::move(made->site);
  log_->set_level(static_cast<int>(site_->config->log_level));
  write_remarks();
  for (const auto& one : loops_) one->use(site_);
  write(maillog::Priority::info, "configuration reloaded");
}

void Engine::drain() {
  if (draining_) return end(EX_OK);  // asked twice: at once
  draining_ = true;
  loops_draining_ = loops_.size();
  patience_.emplace(control_, [this] { end(EX_OK); });
  patience_->arm_in(kDrainPatience);
  for (const auto& one : loops_) {
    one->drain([this] {
      control_.post([this] {
        if (--loops_draining_ == 0) end(EX_OK);
      });
    });
  }
}

void Engine::end(int status) {
  status_ = status;
  control_.stop();
}

}  // namespace

int run_engine(const EngineOrder& order) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  Engine engine(order);
  return engine.run();
}

}  // namespace signet::daemon
