#include "deliver/delivery.h"

#include <utility>

#include "signet/mail/address.h"
#include "signet/maillog/lines.h"

namespace signet::deliver {
namespace {

constexpr std::size_t kMostHosts = 20;                  // addresses tried for one connection
constexpr Duration kGoodbye = std::chrono::seconds(5);  // for the answer to QUIT, when in a hurry

// What the log calls a next hop that was not found.
std::string name_of(const std::vector<policy::NextHop>& hops) {
  return hops.empty() ? std::string() : hops.front().host;
}

}  // namespace

Delivery::Delivery(const Surroundings& around, std::shared_ptr<const Options> options,
                   DeliveryOwner& owner, std::vector<policy::NextHop> hops, std::uint32_t random)
    : around_(around),
      options_(std::move(options)),
      owner_(owner),
      next_hop_(name_of(hops)),
      search_(around.resolver, options_, std::move(hops), random),
      deadline_(around.loop, [this] { on_deadline(); }),
      idle_(around.loop, [this] { finish(); }) {}

Delivery::~Delivery() = default;

void Delivery::begin() {
  began_ = around_.loop.now().mono;
  try_next();
}

// ---- finding a host ----

void Delivery::try_next() {
  stage_ = Stage::searching;
  search_.next([this](HostSearch::Next next) {
    if (stage_ != Stage::searching) return;
    if (auto* candidate = std::get_if<Candidate>(&next)) {
      if (!owner_.avoids(candidate->address) && has_room(*candidate)) {
        return connect(std::move(*candidate));
      }
      // One that did not answer just now is tried again only if there is nobody else.
      if (postponed_.size() < kMostHosts) postponed_.push_back(std::move(*candidate));
      return try_next();
    }
    if (!postponed_.empty()) {
      Candidate candidate = std::move(postponed_.front());
      postponed_.pop_front();
      if (has_room(candidate)) return connect(std::move(candidate));
      crowded_ = true;
      return try_next();
    }
    // What one of them refuses for good another may take, when there is room.
    if (crowded_ && failure_ && failure_->final()) failure_.reset();
    if (crowded_) return over(failure_);
    over(failure_ ? *failure_ : std::get<Outcome>(next));
  });
}

bool Delivery::has_room(const Candidate& candidate) {
  return owner_.crowd().has_room(candidate.address, options_->connections_per_address);
}

void Delivery::connect(Candidate candidate) {
  ++tried_;
  if (tried_ > kMostHosts || (tried_ > 1 && has_tried_enough())) return over(failure_);
  current_ = std::move(candidate);
  stage_ = Stage::connecting;
  tls_ = {};
  tls_wish_ = {};
  tls_settings_ = {};
  tls_later_.reset();
  auth_ = {};
  server_refused_ = false;
  auth_failed_ = false;
  in_handshake_ = false;
  place_.emplace(owner_.crowd(), current_.address);
  ahead_.emplace(around_.loop,
                 around_.map_workers != nullptr ? *around_.map_workers : around_.workers);
  if (const auto patience = connect_timeout(); patience.count() > 0) deadline_.arm_in(patience);
  connection_ =
      current_.socket.empty()
          ? net::Connection::connect(around_.loop, current_.address, outgoing().departure, *this)
          : net::Connection::connect_unix(around_.loop, current_.socket, *this);
}

// Timeout.iconnect, where the message that waits has never been tried, or Timeout.connect.
std::chrono::seconds Delivery::connect_timeout() const {
  const auto& first = options_->first_connect_timeout;
  return first && owner_.first_was_never_tried() ? *first : options_->connect_timeout;
}

// Timeout.aconnect
bool Delivery::has_tried_enough() const {
  const auto limit = options_->all_connects_timeout;
  return limit.count() > 0 && around_.loop.now().mono - began_ >= limit;
}

std::string Delivery::dotted_name() const {
  return current_.host.starts_with('[') ? current_.host : current_.host + ".";
}

std::string Delivery::undotted_relay() const {
  return current_.host + " [" + current_.address.ip.to_mail_string() + "]";
}

std::string Delivery::relay() const {
  if (!current_.socket.empty()) return current_.host;
  return dotted_name() + " [" + current_.address.ip.to_mail_string() + "]";
}

void Delivery::on_connected() {
  stage_ = Stage::talking;
  auto session = std::make_shared<smtp::ClientOptions>(*options_->session);
  session->lmtp = current_.lmtp;
  session->helo = current_.helo;
  session->tls = tls_use_;
  const bool has_tls = options_->tls && current_.socket.empty();
  if (tls_use_ == smtp::TlsUse::when_offered && !has_tls) session->tls = smtp::TlsUse::never;
  smtp_.emplace(std::move(session), around_.loop.now().mono);
  pump();
}

bool Delivery::may_try_tls() {
  auto verdict = policy::judge_try_tls(access(), options_->site, server());
  if (!verdict.rejected()) return true;
  const auto waiting = owner_.next_addresses();
  const std::string_view recipient = waiting.empty() ? std::string_view() : waiting.front();
  verdict.reply.text = mail::with_address(550, recipient, verdict.reply.text);
  write_rejection("try_tls", current_.host, verdict.reply);
  return false;
}

void Delivery::write_rejection(std::string_view ruleset, std::string argument,
                               const mail::Reply& reply) {
  around_.log.write(maillog::ruleset_reject({.queue_id = {},
                                             .name = std::string(ruleset),
                                             .argument = std::move(argument),
                                             .second_argument = {},
                                             .relay = current_.host},
                                            reply));
}

// ---- the course of a connection ----

// Feeds input and visits effects until the session waits for somebody.
void Delivery::pump() {
  if (pumping_ || stage_ != Stage::talking) return;
  pumping_ = true;
  smtp_->set_now(around_.loop.now().mono);
  for (bool progress = true; progress;) {
    const std::string_view input = connection_->input();
    const std::size_t used = input.empty() ? 0 : smtp_->on_bytes(input);
    if (used != 0) connection_->consume(used);
    progress = used != 0;
    while (auto effect = smtp_->next_effect()) {
      std::visit([this](auto& one) { visit(one); }, *effect);
      progress = true;
    }
  }
  pumping_ = false;
  if (stage_ != Stage::talking) return hang_up();
  rearm();
}

void Delivery::rearm() {
  auto when = smtp_->deadline();
  if (finishing_ && !task_) {
    const auto soon = around_.loop.now().mono + kGoodbye;
    when = when ? std::min(*when, soon) : soon;
  }
  if (when) {
    deadline_.arm_at(*when);
  } else {
    deadline_.cancel();
  }
}

void Delivery::on_deadline() {
  if (stage_ == Stage::connecting) {
    const Error late{ErrorKind::temporary, "connecting", ETIMEDOUT};
    return on_end(&late);
  }
  if (stage_ != Stage::talking) return;
  if (finishing_ && !task_) {
    stage_ = Stage::closing;
    return hang_up();
  }
  // A server that falls silent in the handshake has failed at it.
  if (in_handshake_) return on_handshake_failed({.reason = "timeout", .ssl_error = 2, .queue = {}});
  smtp_->on_time(around_.loop.now().mono);
  pump();
}

void Delivery::answer(smtp::ClientAnswer answer) {
  smtp_->set_now(around_.loop.now().mono);
  smtp_->on_answer(std::move(answer));
  pump();
}

void Delivery::on_handshake(const mail::TlsFacts& facts) {
  if (stage_ != Stage::talking) return;
  in_handshake_ = false;
  tls_ = facts;
  around_.log.write(maillog::starttls(maillog::Side::client, dotted_name(), tls_));
  around_.log.write(maillog::starttls_certificate(maillog::Side::client, tls_));
  around_.log.write(maillog::starttls_explained(maillog::Side::client, dotted_name(), tls_));
  smtp_->set_now(around_.loop.now().mono);
  smtp_->on_tls_started(tls_);
  pump();
}

void Delivery::on_handshake_failed(const tls::Failure& failure) {
  if (stage_ != Stage::talking) return;
  in_handshake_ = false;
  around_.log.write(maillog::starttls_failed(maillog::Side::client, current_.host, failure.reason,
                                             failure.ssl_error, failure.queue));
  tls_.verify = mail::Verify::software;
  auto words = tls::explain_failure(failure.reason, tls::Role::client);
  around_.log.write(maillog::starttls_failure_explained(maillog::Side::client, dotted_name(),
                                                        words.cause, words.remedy));
  tls_.cause = std::move(words.cause);
  tls_.remedy = std::move(words.remedy);
  smtp_->on_tls_failed(failure.reason);
  pump();
}

// Nothing more is said to this host; on_end() follows.
void Delivery::hang_up() {
  deadline_.cancel();
  wake();
  client_auth_.reset();
  connection_->close(Duration(0));
}

void Delivery::on_end(const Error* error) {
  deadline_.cancel();
  switch (stage_) {
    case Stage::searching:
    case Stage::over:
      return;
    case Stage::connecting: {
      const Error closed{ErrorKind::temporary, "connecting", ECONNRESET};
      owner_.on_unreachable(current_.address);
      note_failure(no_connection(error != nullptr ? *error : closed, current_.host));
      return next_host();
    }
    case Stage::talking:
      if (error != nullptr && error->system_code == 0 && tls_.active()) {
        around_.log.write(maillog::starttls_read_error(error->what));
      }
      smtp_->on_end(error != nullptr ? error->what : "");
      pump();
      return stage_ == Stage::giving_up ? next_host() : over(std::nullopt);
    case Stage::giving_up:
      return next_host();
    case Stage::closing:
      return over(std::nullopt);
  }
}

void Delivery::note_failure(const Outcome& outcome) {
  // A doubt weighs more than a refusal: another attempt may do what this one could not.
  if (failure_ && outcome.final() && !failure_->final()) return;
  failure_ = outcome;
  failed_relay_ = relay();
}

void Delivery::next_host() {
  deadline_.cancel();
  smtp_.reset();
  connection_.reset();
  place_.reset();
  if (finishing_) return over(std::nullopt);  // other hosts were not asked
  if (falls_back()) {
    tls_use_ = smtp::TlsUse::clear_retry;  // TLSFallbacktoClear: the same host once more
    return connect(current_);
  }
  tls_use_ = smtp::TlsUse::when_offered;
  try_next();
}

// Last: the owner may destroy us.
void Delivery::over(std::optional<Outcome> failure) {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  place_.reset();
  deadline_.cancel();
  wake();
  std::string relay = failed_relay_;
  if (failure && relay.empty()) {
    // sendmail puts the dot behind names that exist.
    const bool exists = failure->dsn == "5.1.10" || failure->dsn == "5.3.5";
    relay = exists ? next_hop_ + "." : next_hop_;
  }
  owner_.on_over(*this, std::move(failure), std::move(relay));
}

void Delivery::offer_work() {
  if (!idle()) return;
  wake();
  smtp_->set_now(around_.loop.now().mono);
  seek_task();
  pump();
}

void Delivery::finish() {
  if (std::exchange(finishing_, true)) return;
  wake();
  if (stage_ == Stage::searching) return over(std::nullopt);
  if (stage_ == Stage::talking && (task_ || smtp_->idle())) {
    smtp_->set_now(around_.loop.now().mono);
    smtp_->on_finish();
    return pump();
  }
  if (stage_ != Stage::talking && stage_ != Stage::connecting) return;
  stage_ = Stage::closing;
  hang_up();
}

}  // namespace signet::deliver
