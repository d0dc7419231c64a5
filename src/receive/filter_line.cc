#include "receive/filter_line.h"

#include <cerrno>
#include <utility>

#include "signet/base/check.h"

namespace signet::receive {
namespace {

constexpr std::size_t kMostUnsent = 256 * 1024;
// A unix socket whose queue is full refuses at once; sendmail's connect() would wait.
constexpr Duration kQueueFull = std::chrono::milliseconds(50);
// Until others have given back what we have too little of.
constexpr Duration kShortage = std::chrono::milliseconds(200);

bool is_our_shortage(int code) {
  return code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS;
}

}  // namespace

FilterLine::FilterLine(loop::Loop& loop, dns::Resolver& resolver,
                       std::shared_ptr<const MailFilter> filter, const milter::MacroLists& macros,
                       const FilterLog& log)
    : loop_(loop),
      resolver_(resolver),
      filter_(std::move(filter)),
      macros_(macros),
      log_(log),
      clock_(loop, [this] { on_time(); }),
      again_(loop, [this] { connect_next(); }) {}

FilterLine::~FilterLine() = default;

// ---- connecting ----

void FilterLine::open(Done done) {
  done_ = std::move(done);
  if (filter_->connect.count() > 0) clock_.arm_in(filter_->connect);
  if (!filter_->path.empty()) return connect_next();
  if (filter_->address) {
    addresses_.push_back(*filter_->address);
    return connect_next();
  }
  query_ = resolver_.addresses(
      filter_->host, [this](const dns::Answer<IpAddress>& answer) { on_addresses(answer); });
}

void FilterLine::on_addresses(const dns::Answer<IpAddress>& answer) {
  for (const auto& ip : answer.records) {
    if (ip.is_v6() == filter_->v6) addresses_.push_back(ip);
  }
  if (addresses_.empty()) return give_up("Unknown host name " + filter_->host);
  connect_next();
}

void FilterLine::connect_next() {
  shortage_ = 0;
  if (!filter_->path.empty()) {
    connection_ = net::Connection::connect_unix(loop_, filter_->path, *this);
    return;
  }
  const SocketAddress to{addresses_.front(), filter_->port};
  connection_ = net::Connection::connect(loop_, to, {}, *this);
}

void FilterLine::on_connected() {
  session_.emplace(filter_->patience, macros_, now());
  settle();
}

void FilterLine::on_end(const Error* error) {
  if (session_) {
    connection_.reset();
    session_->on_end(error != nullptr ? error->what : "the filter has closed the connection");
    return settle();
  }
  const int code = error != nullptr ? error->system_code : 0;
  if (is_our_shortage(code)) {
    shortage_ = code;
    return try_again_in(kShortage);
  }
  if (code == EAGAIN && !filter_->path.empty()) return try_again_in(kQueueFull);
  if (!addresses_.empty()) addresses_.pop_front();
  if (!addresses_.empty()) return connect_next();
  give_up("error connecting to filter: " + (code != 0 ? error_text(code) : std::string("closed")));
}

void FilterLine::try_again_in(Duration pause) {
  connection_.reset();
  again_.arm_in(pause);
}

// ---- asking ----

std::optional<FilterLine::Outcome> FilterLine::ask(const milter::News& news,
                                                   const milter::MacroValues& values, Done done,
                                                   OnChange on_change) {
  if (failed_) return Outcome{.answer = {}, .failed = true};
  if (!session_ || session_->finished()) return Outcome{};
  SIGNET_CHECK(!done_);
  on_change_ = std::move(on_change);
  session_->ask(news, values, now());
  auto outcome = drain();
  rearm();
  if (!outcome) done_ = std::move(done);
  return outcome;
}

void FilterLine::abort() {
  if (failed_ || !session_) return;
  done_ = nullptr;
  if (!session_->in_message()) return;
  log_.write(maillog::milter_note(10, log_.id(), filter_->name, "abort filter"));
  session_->abort(now());
  settle();
}

void FilterLine::quit() {
  done_ = nullptr;
  clock_.cancel();
  again_.cancel();
  query_.reset();
  leave();
}

// Our last word to it.
void FilterLine::leave() {
  if (failed_ || !session_ || !connection_ || std::exchange(left_, true)) return;
  log_.write(maillog::milter_note(18, log_.id(), filter_->name, "quit filter"));
  session_->quit(now());
  (void)drain();
  connection_->close(Duration(0));
}

bool FilterLine::waits_for_room(loop::Task call) {
  if (failed_ || !connection_ || connection_->unsent() < kMostUnsent) return false;
  on_room_ = std::move(call);
  return true;
}

void FilterLine::hold(bool held) {
  if (failed_ || !connection_ || held == held_) return;
  held_ = held;
  connection_->pause_input(held);
  if (!held) session_->on_held(now());
  rearm();
}

// ---- what comes of it ----

void FilterLine::on_input() {
  const auto input = connection_->input();
  session_->on_bytes(input, now());
  connection_->consume(input.size());
  settle();
}

void FilterLine::on_drained() {
  if (session_) session_->on_sent(now());
  rearm();
  if (auto call = std::exchange(on_room_, nullptr)) call();
}

void FilterLine::on_time() {
  if (!session_) {
    const int code = shortage_ != 0 ? shortage_ : ETIMEDOUT;
    return give_up("error connecting to filter: " + error_text(code));
  }
  session_->on_time(now());
  settle();
}

void FilterLine::settle() {
  auto outcome = drain();
  rearm();
  if (outcome && done_) return tell(std::move(*outcome));
  if (failed_) {
    if (auto call = std::exchange(on_room_, nullptr)) call();
  }
}

// The answer counts even if nonsense follows; the nonsense shows when it is asked again.
std::optional<FilterLine::Outcome> FilterLine::drain() {
  std::optional<Outcome> outcome;
  while (session_) {
    auto effect = session_->next_effect();
    if (!effect) break;
    if (auto* send = std::get_if<milter::Send>(&*effect)) {
      if (connection_) connection_->write_owned(std::move(send->bytes));
    } else if (auto* changed = std::get_if<milter::Changed>(&*effect)) {
      if (on_change_) on_change_(std::move(*changed));
    } else if (auto* answered = std::get_if<milter::Answered>(&*effect)) {
      if (!outcome && !failed_) outcome = Outcome{.answer = std::move(answered->answer)};
    } else if (std::holds_alternative<milter::Negotiated>(*effect)) {
      outcome = Outcome{};
    } else if (auto* failure = std::get_if<milter::Failed>(&*effect)) {
      fail(failure->why);
    }
  }
  if (failed_) {
    if (!outcome) outcome = Outcome{.answer = {}, .failed = true};
  } else if (session_ && session_->finished()) {
    leave();
  }
  return outcome;
}

void FilterLine::rearm() {
  const auto when = session_ && !held_ ? session_->deadline() : std::nullopt;
  if (when) {
    clock_.arm_at(*when);
  } else if (session_) {
    clock_.cancel();
  }
}

void FilterLine::fail(const std::string& why) {
  if (std::exchange(failed_, true)) return;
  const auto id = log_.id();
  log_.write(maillog::milter_trouble(id, filter_->name, why));
  log_.write(maillog::milter_note(0, id, filter_->name, "to error state"));
  clock_.cancel();
  connection_.reset();
}

void FilterLine::give_up(const std::string& why) {
  again_.cancel();
  query_.reset();
  fail(why);
  if (done_) tell({.answer = {}, .failed = true, .lacking = shortage_ != 0});
}

// Last: whoever hears it may ask again.
void FilterLine::tell(Outcome outcome) {
  auto done = std::exchange(done_, nullptr);
  done(std::move(outcome));
}

}  // namespace signet::receive
