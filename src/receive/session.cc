#include "receive/session.h"

#include <utility>

#include "receive/filtering.h"
#include "signet/mail/address.h"
#include "signet/maillog/lines.h"

namespace signet::receive {
namespace {

// While so much is unsent nothing more is answered: replies may be far longer than commands.
constexpr std::size_t kMaxUnsent = 64 * 1024;

struct BusyWords {
  std::string_view reply;
  std::string_view rule;
};
BusyWords words_of(Busy why) {
  switch (why) {
    case Busy::sessions:
      return {"Too many open connections.", "max_sessions"};
    case Busy::descriptors:
      return {"Too many open connections.", "open files"};
    case Busy::rate:
      return {"Connection rate limit exceeded.", "ConnectionRateThrottle"};
    case Busy::load:
      return {"Too busy, come back later.", "RefuseLA"};
    case Busy::memory:
      return {"Too busy, come back later.", "RefuseLowMem"};
  }
  return {};
}

}  // namespace

Session::Session(Receiver& receiver, std::uint64_t id, std::shared_ptr<const Options> options,
                 std::shared_ptr<const Port> port)
    : receiver_(receiver),
      id_(id),
      options_(std::move(options)),
      port_(std::move(port)),
      ahead_(receiver.surroundings_.loop, receiver.surroundings_.map_workers != nullptr
                                              ? *receiver.surroundings_.map_workers
                                              : receiver.surroundings_.workers),
      deadline_(receiver.surroundings_.loop,
                [this] {
                  smtp_->on_time(receiver_.surroundings_.loop.now().mono);
                  pump();
                }),
      greet_pause_(receiver.surroundings_.loop, [this] { end_greet_pause(); }),
      turn_(receiver.surroundings_.loop, [this] { find_client_name(); }) {}

Session::~Session() = default;

void Session::begin(Fd socket, const SocketAddress& remote, const SocketAddress& local,
                    Admission admission) {
  seat_.emplace(std::move(admission.seat));
  descriptors_.emplace(std::move(admission.descriptors));
  auto& around = receiver_.surroundings_;
  peer_.remote = remote;
  peer_.local = local;
  peer_.daemon = port_->name;
  connection_ = net::Connection::adopt(around.loop, std::move(socket), *this);
  if (admission.turn.count() > 0) return turn_.arm_in(admission.turn);
  find_client_name();
}

void Session::find_client_name() {
  auto& around = receiver_.surroundings_;
  client_name_ = std::make_unique<ClientName>(
      around.loop, around.resolver, peer_.remote.ip, options_->lookup_timeout,
      [this](ClientName::Found found) { on_client_name(std::move(found)); });
}

void Session::refuse(Fd socket, const SocketAddress& remote, Busy why) {
  peer_.remote = remote;
  peer_.name = "[" + remote.ip.to_mail_string() + "]";
  connection_ = net::Connection::adopt(receiver_.surroundings_.loop, std::move(socket), *this);
  const auto words = words_of(why);
  const mail::Reply busy{421, "4.3.2", std::string(words.reply)};
  decide({policy::Action::reject, busy, std::string(words.rule), {}}, "check_relay", peer_.name,
         {});
  connection_->write(busy.wire());
  // It said nothing yet, and must not take a place for as long as it likes to stay.
  connection_->close(Duration(0));
  finish();
}

void Session::drain() {
  if (over_) return;
  if (!smtp_ || greet_pause_.armed()) return finish();  // not greeted yet
  smtp_->set_now(receiver_.surroundings_.loop.now().mono);
  smtp_->on_shutdown();
  pump();
}

void Session::on_client_name(ClientName::Found found) {
  if (over_) return;
  peer_.name = std::move(found.name);
  peer_.ptr = std::move(found.ptr);
  peer_.resolve = found.resolve;
  receiver_.surroundings_.loop.dispose(std::move(client_name_));
  struct Greeting {
  } greeting;
  look_ahead(
      greeting,
      [this](const Greeting&) {
        (void)policy::find_server_features(access(), peer_);
        if (options_->tls_features) (void)policy::find_tls_server_features(access(), peer_);
      },
      [this](const Greeting&) { greet(); });
}

void Session::greet() {
  const Now now = receiver_.surroundings_.loop.now();
  find_features();
  smtp_.emplace(session_options(), peer_, options_->greeting(peer_, now.wall), mechanisms(),
                now.mono);
  if (port_->session->implicit_tls && port_->tls) {
    if (!find_tls_settings()) return finish();
    connection_->start_implicit_tls(
        port_->tls, {.server_name = {}, .resumption_key = {}, .settings = tls_settings_});
  }
  pump();
}

// Feeds input and visits effects until the session waits for somebody.
void Session::pump() {
  if (pumping_ || over_ || !smtp_) return;
  pumping_ = true;
  smtp_->set_now(receiver_.surroundings_.loop.now().mono);
  if (options_->delay_load > 0) {
    const bool late = options_->load_average() >= options_->delay_load;
    smtp_->set_command_delay(std::chrono::seconds(late ? 1 : 0));
  }
  for (bool progress = true; progress && !over_;) {
    const std::string_view input = is_heard() ? connection_->input() : std::string_view{};
    const std::size_t used = input.empty() ? 0 : smtp_->on_bytes(input);
    connection_->consume(used);
    progress = used != 0;
    while (!over_) {
      auto effect = smtp_->next_effect();
      if (!effect) break;
      std::visit([this](auto& one) { visit(one); }, *effect);
      progress = true;
    }
  }
  pumping_ = false;
  if (over_) return;
  hold_input();
  rearm();
}

// Whether the peer takes what is said to it.
bool Session::is_heard() const { return connection_->unsent() < kMaxUnsent; }

void Session::answer(smtp::Answer answer) {
  smtp_->set_now(receiver_.surroundings_.loop.now().mono);
  smtp_->on_answer(std::move(answer));
  pump();
}

void Session::rearm() {
  if (const auto when = smtp_->deadline()) {
    deadline_.arm_at(*when);
  } else {
    deadline_.cancel();
  }
}

void Session::finish() {
  if (over_) return;
  over_ = true;
  deadline_.cancel();
  greet_pause_.cancel();
  turn_.cancel();
  client_name_.reset();
  sender_domain_query_.reset();
  host_search_.reset();
  lists_.reset();
  exchange_.reset();
  if (filtering_) filtering_->filters.quit();
  intake_.reset();
  connection_->close();
}

void Session::on_input() {
  pump();
  if (greet_pause_.armed()) end_greet_pause();  // who talks has shown what it is
}

void Session::end_greet_pause() {
  greet_pause_.cancel();
  smtp_->set_now(receiver_.surroundings_.loop.now().mono);
  behind_lists([this] { answer_connect(); });
  pump();
}

void Session::on_drained() { pump(); }

void Session::on_handshake(const mail::TlsFacts& facts) {
  tls_ = facts;
  auth_ = {};
  queue_id_.clear();
  auto& around = receiver_.surroundings_;
  around.log.write(maillog::starttls(maillog::Side::server, peer_.relay(), tls_));
  around.log.write(maillog::starttls_certificate(maillog::Side::server, tls_));
  around.log.write(maillog::starttls_explained(maillog::Side::server, peer_.relay(), tls_));
  smtp_->set_now(around.loop.now().mono);
  smtp_->on_tls_started(tls_, mechanisms());
  pump();
}

void Session::on_handshake_failed(const tls::Failure& failure) {
  auto& log = receiver_.surroundings_.log;
  for (const auto& line :
       maillog::starttls_failed(maillog::Side::server, peer_.relay(), failure.reason,
                                failure.ssl_error, failure.queue)) {
    log.write(line);
  }
  const auto words = tls::explain_failure(failure.reason, tls::Role::server);
  log.write(maillog::starttls_failure_explained(maillog::Side::server, peer_.relay(), words.cause,
                                                words.remedy));
  if (smtp_) {
    smtp_->on_tls_failed();
    pump();
  }
  finish();
}

// The peer is gone, or all that we had to say has left.
void Session::on_end(const Error*) {
  if (!over_ && smtp_) {
    smtp_->on_end();
    while (auto effect = smtp_->next_effect()) {
      std::visit([this](auto& one) { visit(one); }, *effect);
    }
  }
  over_ = true;
  if (!filtering_) return receiver_.end(id_);
  // What they have not judged is not stored.
  receiver_.surroundings_.loop.dispose(std::move(filtering_->message));
  intake_.reset();
  filtering_->filters.quit();
  // When our last words to the filters have left.
  receiver_.surroundings_.loop.post(
      [receiver = &receiver_, here = std::weak_ptr<bool>(receiver_.alive_), id = id_] {
        if (!here.expired()) receiver->end(id);
      });
}

}  // namespace signet::receive
