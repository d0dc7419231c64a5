// All transitions of a client session. What is said stands in client_texts, what was heard is read
// by reply_decoder and capabilities, a job under way is a Transaction.
#include "signet/smtp/client_session.h"

#include <utility>

#include "signet/base/check.h"
#include "signet/base/text.h"
#include "smtp/auth_text.h"
#include "smtp/client_core.h"
#include "smtp/client_texts.h"

namespace signet::smtp {
namespace {

bool is_completion(const mail::Reply& reply) { return reply.code / 100 == 2; }
bool is_go_ahead(const mail::Reply& reply) { return reply.code / 100 == 3; }
bool is_refusal(const mail::Reply& reply) { return reply.code >= 400; }

// Some servers repeat the command that they do not like, or its beginning. Replies go to logs and
// reports.
void hide(std::string_view secret, std::string& text) {
  constexpr std::size_t kEnough = 8;
  if (secret.size() < 2) return;
  const auto at = text.find(secret.substr(0, kEnough));
  if (at != std::string::npos) text.replace(at, std::string::npos, "...");
}

}  // namespace

std::string_view to_string(Phase phase) {
  constexpr std::string_view kNames[] = {"connect", "greeting", "helo", "starttls",
                                         "auth",    "mail",     "rcpt", "data",
                                         "content", "final",    "quit"};
  return kNames[static_cast<std::size_t>(phase)];
}

Transaction* ClientSession::Core::transaction() {
  if (auto* envelope = std::get_if<Envelope>(&state)) return &envelope->transaction;
  if (auto* sending = std::get_if<Sending>(&state)) return &sending->transaction;
  if (auto* final = std::get_if<Final>(&state)) return &final->transaction;
  return nullptr;
}

Phase ClientSession::Core::phase() const {
  if (is<Greeting>()) return Phase::greeting;
  if (is<Hello>()) return Phase::helo;
  if (is<Choosing>() || is<StartingTls>() || is<Handshaking>() || is<Judging>()) {
    return Phase::starttls;
  }
  if (is<Authenticating>() || is<CancellingAuth>()) return Phase::auth;
  if (const auto* envelope = std::get_if<Envelope>(&state)) {
    const auto& transaction = envelope->transaction;
    return transaction.commands[transaction.answered].phase;
  }
  if (is<Sending>()) return Phase::content;
  if (is<Final>()) return Phase::final_reply;
  return Phase::quit;  // between jobs
}

// ---- up to the first job ----

void ClientSession::Core::begin() {
  if (options->tls == TlsUse::implicit) {
    state = Handshaking{};
    arm(options->starttls_timeout);
  } else {
    arm(options->greeting_timeout);
  }
}

void ClientSession::Core::heard(Greeting, mail::Reply& reply) {
  if (!is_completion(reply)) return give_up(reply, true);
  say_hello(!options->helo || reply.text.contains("ESMTP"));
}

void ClientSession::Core::say_hello(bool extended) {
  server = {};
  state = Hello{extended};
  const char* verb = extended ? "EHLO " : "HELO ";
  say((options->lmtp ? "LHLO " : verb) + options->helo_name);
  arm(options->lmtp ? options->lhlo_timeout : options->helo_timeout);
}

void ClientSession::Core::heard(Hello hello, mail::Reply& reply) {
  if (reply.permanent() && hello.extended && !options->lmtp) return say_hello(false);
  if (!is_completion(reply)) return give_up(reply, true);
  if (hello.extended) server = Capabilities(reply);
  if (tls) return judge(verify);
  if (options->tls == TlsUse::clear_retry) return judge(mail::Verify::clear);
  if (options->tls == TlsUse::never || !server.offers("STARTTLS")) return judge(mail::Verify::none);
  state = Choosing{};
  ask(Question::tls, AskTls{});
}

void ClientSession::Core::answered(TlsChoice choice) {
  SIGNET_CHECK(is<Choosing>());
  if (choice == TlsChoice::leave) return judge(mail::Verify::none);
  if (choice == TlsChoice::impossible) return judge(mail::Verify::config);
  state = StartingTls{};
  say("STARTTLS");
  arm(options->starttls_timeout);
}

// A refusal is no failure: the session goes on in clear, if whoever judges it agrees.
void ClientSession::Core::heard(StartingTls, mail::Reply& reply) {
  if (reply.code == 220) {
    state = Handshaking{};
    effects.push_back(ClientStartTls{});
    return arm(options->starttls_timeout);
  }
  if (reply.temporary()) return judge(mail::Verify::temp, reply);
  judge(reply.permanent() ? mail::Verify::none : mail::Verify::protocol);
}

// Nothing that was heard in clear counts any more. RFC 3207 §4.2
void ClientSession::Core::on_tls_started(const mail::TlsFacts& facts) {
  if (!is<Handshaking>()) return;
  tls = true;
  verify = facts.verify;
  replies.clear();
  if (options->tls == TlsUse::implicit) {
    state = Greeting{};
    return arm(options->greeting_timeout);
  }
  say_hello(true);
}

void ClientSession::Core::on_tls_failed() {
  if (!is<Closed>()) break_off(texts::tls_failed(), false);
}

void ClientSession::Core::judge(mail::Verify outcome, std::optional<mail::Reply> refused_for_now) {
  state = Judging{};
  verify = outcome;
  ask(Question::server, AskServer{outcome, std::move(refused_for_now)});
}

void ClientSession::Core::answered(ServerDecision& decision) {
  SIGNET_CHECK(is<Judging>());
  if (decision.refusal) return give_up(*decision.refusal, false);
  auto mechanisms = server.mechanisms();
  if (mechanisms.empty()) return ready();
  ask(Question::auth, AskClientAuth{std::move(mechanisms)});
}

// ---- AUTH ----

void ClientSession::Core::answered(NoAuth&) { ready(); }

void ClientSession::Core::answered(AuthStart& start) {
  std::string secret = start.initial ? encode_initial(*start.initial) : std::string();
  say("AUTH " + start.mechanism + (start.initial ? " " + secret : ""));
  state = Authenticating{std::move(start.mechanism), std::move(secret)};
  arm(options->auth_timeout);
}

void ClientSession::Core::heard(Authenticating& authenticating, mail::Reply& reply) {
  if (reply.code == 334) {
    auto challenge = base64_decode(trim(reply.text));
    if (!challenge) {
      hide(authenticating.secret, reply.text);
      return cancel_auth(texts::unexpected(reply));
    }
    return ask(Question::auth_step, AskClientAuthStep{std::move(*challenge)});
  }
  if (is_completion(reply)) {
    effects.push_back(ClientAuthDone{std::move(authenticating.mechanism)});
    return ready();
  }
  if (!is_refusal(reply)) return break_off(texts::unexpected(reply), false);
  effects.push_back(ClientAuthFailed{reply});
  give_up(reply, true);
}

void ClientSession::Core::answered(AuthResponse& response) {
  auto& secret = std::get<Authenticating>(state).secret;
  secret = base64_encode(response.bytes);
  say(secret);
  arm(options->auth_timeout);
}

void ClientSession::Core::answered(AuthGiveUp& giving_up) {
  if (is<Judging>()) return give_up(giving_up.reply, false);  // nothing was said yet
  cancel_auth(std::move(giving_up.reply));
}

void ClientSession::Core::cancel_auth(mail::Reply why) {
  say("*");
  arm(options->auth_timeout);
  state = CancellingAuth{std::move(why)};
}

void ClientSession::Core::heard(CancellingAuth& cancelling, mail::Reply& /*reply*/) {
  const auto why = std::move(cancelling.why);
  effects.push_back(ClientAuthFailed{why});
  give_up(why, false);
}

// ---- jobs ----

void ClientSession::Core::ready() {
  state = Idle{};
  if (finishing) return quit();
  ask(Question::job, AskJob{});
}

void ClientSession::Core::answered(Job& job) { start(std::move(job)); }

void ClientSession::Core::on_job(Job job) {
  if (!is<Idle>()) return hand_back(std::move(job));
  question = Question::none;
  start(std::move(job));
}

// The connection ended meanwhile: that must not swallow the job.
void ClientSession::Core::hand_back(Job job) {
  Transaction transaction(std::move(job));
  transaction.settle_rest(Phase::connect, texts::lost({}), false);
  effects.push_back(Report{transaction.take_result()});
}

void ClientSession::Core::start(Job wanted) {
  SIGNET_CHECK(!wanted.recipients.empty());
  Transaction transaction(std::move(wanted));
  const auto& job = transaction.job;
  if (const auto refusal = texts::refuse_job(job, server, options->eight_bit_always)) {
    transaction.settle_rest(Phase::mail, *refusal, false);
  }
  transaction.commands.push_back({Phase::mail, 0, texts::mail_command(job, server)});
  for (std::size_t i = 0; i < job.recipients.size(); ++i) {
    if (const auto refusal = texts::refuse_address(job.recipients[i])) {
      transaction.settle(i, Phase::rcpt, *refusal, false);
    } else {
      transaction.commands.push_back({Phase::rcpt, i, texts::rcpt_command(i, job, server)});
    }
  }
  transaction.commands.push_back({Phase::data, 0, "DATA"});
  state = Envelope{std::move(transaction)};
  auto& placed = std::get<Envelope>(state).transaction;
  if (placed.all_settled()) return end_job();
  say_next(placed);
}

// RFC 2920 §3.1: DATA may be the last of a group. It is, so that most messages cost one round trip
// for the envelope.
void ClientSession::Core::say_next(Transaction& transaction) {
  arm(options->mail_timeout);
  const auto& commands = transaction.commands;
  if (!options->pipelining || !server.offers("PIPELINING")) {
    const auto& next = commands[transaction.answered];
    if (next.phase == Phase::rcpt) arm(options->rcpt_timeout);
    if (next.phase == Phase::data) arm(options->data_init_timeout);
    return say(next.line);
  }
  if (transaction.answered > 0) {
    const auto awaited = commands[transaction.answered].phase;
    return arm(awaited == Phase::data ? options->data_init_timeout : options->rcpt_timeout);
  }
  std::string group;
  for (const auto& command : commands) group.append(command.line).append("\r\n");
  effects.push_back(ClientSend{std::move(group)});
}

// Takes the reply to the next command; false: it is none that this command can have.
bool ClientSession::Core::note_answer(Transaction& transaction, const mail::Reply& reply) {
  const auto& command = transaction.commands[transaction.answered];
  const bool is_data = command.phase == Phase::data;
  if (is_refusal(reply)) {
    transaction.note_refusal(command.line, reply);
    if (command.phase == Phase::rcpt) {
      transaction.settle(command.recipient, Phase::rcpt, reply, true);
    } else {
      transaction.settle_rest(command.phase, reply, true);
    }
  } else if (is_data != is_go_ahead(reply)) {
    return false;
  } else if (command.phase == Phase::mail) {
    transaction.sender_accepted = true;
  } else if (command.phase == Phase::rcpt) {
    transaction.accept(command.recipient);
  }
  return true;
}

void ClientSession::Core::heard(Envelope& envelope, mail::Reply& reply) {
  auto& transaction = envelope.transaction;
  if (!note_answer(transaction, reply)) return break_off(texts::unexpected(reply), false);
  const bool was_last = ++transaction.answered == transaction.commands.size();
  if (was_last && is_go_ahead(reply)) return begin_content();
  if (was_last) return end_job();
  const bool in_group = options->pipelining && server.offers("PIPELINING");
  const bool data_is_next = transaction.commands[transaction.answered].phase == Phase::data;
  if (!in_group && (transaction.all_settled() || (data_is_next && !transaction.any_accepted()))) {
    return end_job();
  }
  say_next(transaction);
}

// A server may say 354 although it accepted no recipient, because DATA came in the same group: it
// gets an empty message, for nobody. RFC 2920 §3.1. With LMTP it may not. RFC 2033 §4.2
void ClientSession::Core::begin_content() {
  if (options->lmtp && !transaction()->any_accepted()) {
    return break_off(texts::unexpected({354, "", "without recipients"}), false);
  }
  auto transaction = std::move(std::get<Envelope>(state).transaction);
  if (!transaction.any_accepted()) {
    say(".");
    arm(options->data_final_timeout);
    state = Final{std::move(transaction)};
    return;
  }
  state = Sending{std::move(transaction)};
  arm(options->data_block_timeout);
  ask(Question::content, AskContent{});
}

void ClientSession::Core::answered(ContentPart& part) {
  auto& transaction = std::get<Sending>(state).transaction;
  std::string bytes;
  bytes.reserve(part.bytes.size() + 128);
  transaction.stuffer.stuff(part.bytes, bytes);
  if (!part.last) {
    effects.push_back(ClientSend{std::move(bytes)});
    arm(options->data_block_timeout);
    return ask(Question::content, AskContent{});
  }
  transaction.stuffer.finish(bytes);
  effects.push_back(ClientSend{std::move(bytes)});
  arm(options->data_final_timeout);
  auto moved = std::move(transaction);
  state = Final{std::move(moved)};
}

// Without the final dot the server throws away what it has.
void ClientSession::Core::answered(ContentFailed&) {
  break_off(texts::content_unreadable(), false);
}

// The server speaks although the content is not complete: it will not take it.
void ClientSession::Core::heard(Sending& sending, mail::Reply& reply) {
  if (!is_refusal(reply)) return break_off(texts::unexpected(reply), false);
  sending.transaction.note_refusal("(content)", reply);
  break_off(reply, true);
}

void ClientSession::Core::heard(Final& final, mail::Reply& reply) {
  if (is_go_ahead(reply)) return break_off(texts::unexpected(reply), false);
  auto& transaction = final.transaction;
  if (is_refusal(reply)) transaction.note_refusal(".", reply);
  if (options->lmtp) {  // one after another, as they were accepted. RFC 2033 §4.2
    transaction.settle(transaction.next_accepted(), Phase::final_reply, reply, true);
    if (transaction.any_accepted()) return arm(options->data_final_timeout);
  }
  transaction.settle_rest(Phase::final_reply, reply, true);
  transaction.sender_accepted = false;  // the server has forgotten the transaction
  end_job();
}

void ClientSession::Core::end_job() {
  auto* ended = transaction();
  const bool is_open = ended->sender_accepted;
  effects.push_back(Report{ended->take_result()});
  if (!is_open) return ready();
  say("RSET");
  arm(options->rset_timeout);
  state = Resetting{};
}

void ClientSession::Core::heard(Resetting, mail::Reply& reply) {
  if (!is_completion(reply)) return give_up(reply, true);
  ready();
}

// Mostly "421 timeout, closing"; whatever it is, the server is out of step.
void ClientSession::Core::heard(Idle, mail::Reply& reply) { break_off(reply, true); }

// ---- ends ----

void ClientSession::Core::on_finish() {
  finishing = true;
  if (!is<Idle>()) return;
  question = Question::none;
  quit();
}

void ClientSession::Core::quit() {
  say("QUIT");
  arm(options->quit_timeout);
  state = Quitting{};
}

void ClientSession::Core::heard(Quitting, mail::Reply& /*reply*/) {
  state = Closed{};
  effects.push_back(ClientClose{});
}

// No mail here, but the server deserves a QUIT. What is neither yes nor no gets none: it is out of
// step.
void ClientSession::Core::give_up(const mail::Reply& reply, bool is_answer) {
  if (!is_refusal(reply)) return break_off(texts::unexpected(reply), false);
  effects.push_back(Unusable{phase(), reply, is_answer});
  quit();
}

// Nothing more can be said.
void ClientSession::Core::break_off(const mail::Reply& reply, bool is_answer) {
  const auto at = phase();
  if (auto* open = transaction()) {
    open->settle_rest(at, reply, is_answer);
    effects.push_back(Report{open->take_result()});
  }
  if (!is<Quitting>()) effects.push_back(Unusable{at, reply, is_answer});
  state = Closed{};
  effects.push_back(ClientClose{});
  question = Question::none;
}

// ---- events ----

std::size_t ClientSession::Core::on_bytes(std::string_view in) {
  std::size_t used = 0;
  while (used < in.size() && takes_input()) {
    auto step = replies.take(in.substr(used));
    used += step.state == ReplyDecoder::State::unfinished ? in.size() - used : step.used;
    const auto* authenticating = std::get_if<Authenticating>(&state);
    if (authenticating != nullptr && step.reply.code != 334) {
      hide(authenticating->secret, step.reply.text);
    }
    if (step.state == ReplyDecoder::State::malformed) break_off(step.reply, false);
    if (step.state == ReplyDecoder::State::reply) on_reply(std::move(step.reply), used < in.size());
  }
  return used;
}

void ClientSession::Core::on_reply(mail::Reply reply, bool more_input) {
  if (reply.code == 421 && !is<Quitting>()) {  // RFC 5321 §3.8: it is closing the connection
    if (auto* open = transaction(); open != nullptr && is<Envelope>()) {
      open->note_refusal(open->commands[open->answered].line, reply);
    }
    return break_off(reply, true);
  }
  if (reply.code == 220 && is<StartingTls>() && more_input) {  // somebody put words in between
    verify = mail::Verify::protocol;
    return break_off(texts::tls_injected(), false);
  }
  std::visit([&](auto& here) { heard(here, reply); }, state);
}

void ClientSession::Core::on_answer(ClientAnswer answer) {
  const auto about = std::exchange(question, Question::none);
  if (is<Closed>() || is<Quitting>()) {  // too late
    if (auto* job = std::get_if<Job>(&answer)) hand_back(std::move(*job));
    return;
  }
  SIGNET_CHECK(about != Question::none);
  std::visit([this](auto& got) { answered(got); }, answer);
}

std::optional<TimePoint> ClientSession::Core::deadline() const {
  const bool server_is_next = question == Question::none || question == Question::content;
  if (!server_is_next || is<Closed>() || is<Idle>()) return std::nullopt;
  return due;
}

void ClientSession::Core::on_time() {
  const auto limit = deadline();
  if (!limit || now < *limit) return;
  break_off(texts::timed_out(), false);
}

void ClientSession::Core::on_end(std::string reason) {
  if (!is<Closed>()) break_off(texts::lost(std::move(reason)), false);
}

// ---- outside ----

ClientSession::ClientSession(std::shared_ptr<const ClientOptions> options, TimePoint now)
    : core_(std::make_unique<Core>(Core{
          .options = options, .now = now, .replies = ReplyDecoder(options->max_reply_bytes)})) {
  core_->begin();
}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;

std::size_t ClientSession::on_bytes(std::string_view in) { return core_->on_bytes(in); }
void ClientSession::on_answer(ClientAnswer answer) { core_->on_answer(std::move(answer)); }
void ClientSession::on_job(Job job) { core_->on_job(std::move(job)); }
void ClientSession::on_finish() { core_->on_finish(); }
void ClientSession::on_tls_started(const mail::TlsFacts& facts) { core_->on_tls_started(facts); }
void ClientSession::on_tls_failed(std::string /*reason*/) { core_->on_tls_failed(); }
void ClientSession::on_time(TimePoint now) {
  core_->now = now;
  core_->on_time();
}
void ClientSession::on_end(std::string reason) { core_->on_end(std::move(reason)); }
void ClientSession::set_now(TimePoint now) { core_->now = now; }
std::optional<ClientEffect> ClientSession::next_effect() {
  if (core_->effects.empty()) return std::nullopt;
  auto effect = std::move(core_->effects.front());
  core_->effects.pop_front();
  return effect;
}
std::optional<TimePoint> ClientSession::deadline() const { return core_->deadline(); }
bool ClientSession::idle() const { return core_->is_idle(); }
std::uint64_t ClientSession::size_limit() const { return core_->server.size_limit(); }
bool ClientSession::offers(std::string_view keyword) const { return core_->server.offers(keyword); }

}  // namespace signet::smtp
