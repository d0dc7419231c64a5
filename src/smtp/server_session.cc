// How a server session begins, reads, takes content and ends; its commands are in
// server_commands.cc, its state in server_core.h, what is said in server_replies.h.
#include "signet/smtp/server_session.h"

#include "signet/base/check.h"
#include "signet/base/text.h"
#include "smtp/auth_text.h"
#include "smtp/server_core.h"
#include "smtp/server_replies.h"

namespace signet::smtp {
namespace {

constexpr std::size_t kMaxCommandLine = 4096;
// So much content must come within data_timeout, or the client is as good as gone.
constexpr std::size_t kDataBlock = 1024;

}  // namespace

// ---- beginning ----

void ServerSession::Core::begin() {
  if (options->implicit_tls) {
    state = Handshaking{};
    arm(options->starttls_timeout);
  } else {
    ask(ConnectQuestion{}, AskConnect{});
  }
}

// STARTTLS behind: the session knows nothing any more. RFC 3207 §4.2
void ServerSession::Core::on_tls_started(std::vector<std::string> names) {
  if (is<Closed>()) return;
  tls = true;
  mechanisms = std::move(names);
  helo.clear();
  extended = false;
  authenticated = false;
  lines.clear();
  slowdown.forget_helo();
  state = Idle{};
  if (greeted) {
    ask(TlsQuestion{}, AskTlsClient{});
  } else {
    ask(ConnectQuestion{}, AskConnect{});
  }
}

void ServerSession::Core::answered(ConnectQuestion, Decision& decision) {
  discard_all = decision.discard;
  if (decision.reply.code == 421) {
    say(decision.reply);
    return close();
  }
  if (!decision.reply.positive()) refusal = std::move(decision.reply);
  unwelcome = decision.unwelcome;
  if (tls) {
    ask(TlsQuestion{}, AskTlsClient{});
  } else {
    greet();
  }
}

void ServerSession::Core::answered(TlsQuestion, Decision& decision) {
  if (decision.reply.code == 421) {
    say(decision.reply);
    return close();
  }
  if (!decision.reply.positive() && !refusal) refusal = std::move(decision.reply);
  if (!greeted) greet();
}

void ServerSession::Core::greet() {
  greeted = true;
  if (talked_early && options->refuse_early_talkers) {
    note(NoticeKind::early_talker);
    say(replies::not_accepting(options->host));
    refusal = replies::command_rejected();
  } else if (unwelcome) {
    say(replies::not_accepting(options->host));
  } else {
    say(replies::greeting(greeting));
  }
}

// ---- input ----

std::size_t ServerSession::Core::on_bytes(std::string_view in) {
  if (!in.empty() && std::holds_alternative<ConnectQuestion>(question)) talked_early = true;
  std::size_t used = 0;
  while (used < in.size() && !stopped() && !out.full()) {
    const auto rest = in.substr(used);
    used += is<Receiving>() ? take_content(rest) : take_line(rest);
  }
  end_if_shutting_down();
  input_left = used < in.size() && !is<Closed>() && !is<Handshaking>();
  return used;
}

std::size_t ServerSession::Core::take_line(std::string_view in) {
  constexpr std::string_view kAuth = "AUTH ";
  std::string head(lines.unfinished().substr(0, kAuth.size()));
  head += in.substr(0, kAuth.size() - head.size());
  const bool is_auth = is<Authenticating>() || istarts_with(head, kAuth);
  const auto step = lines.take(in, is_auth ? kMaxAuthLine - 2 : kMaxCommandLine);
  if (step.state == LineDecoder::State::too_long) on_long_line(is_auth);
  if (step.state == LineDecoder::State::line) {
    if (is<Authenticating>()) {
      on_auth_line(step.text);
    } else {
      on_command(step.text, step.used < in.size());
    }
  }
  return step.used;
}

void ServerSession::Core::on_long_line(bool is_auth) {
  note(NoticeKind::line_too_long, {},
       static_cast<int>(is_auth ? kMaxAuthLine - 1 : kMaxCommandLine + 1));
  if (is<Authenticating>()) return end_auth(replies::auth_line_too_long());
  if (is_auth) return count_bad(replies::auth_line_too_long());
  say(replies::command_too_long(options->host, peer));
  close();
}

// ---- content ----

std::size_t ServerSession::Core::take_content(std::string_view in) {
  auto& receiving = std::get<Receiving>(state);
  Content content;
  const auto step = receiving.decoder.decode(in, content.bytes);
  receiving.octets += content.bytes.size();
  receiving.since_renewal += step.used;
  if (receiving.since_renewal >= kDataBlock) {
    receiving.since_renewal = 0;
    arm(options->data_timeout);
  }
  if (step.state == DataDecoder::State::bare_lf || step.state == DataDecoder::State::bare_cr) {
    const auto reply =
        step.state == DataDecoder::State::bare_lf ? replies::bare_lf() : replies::bare_cr();
    if (!receiving.refusal) out.push(DropContent{});
    note(NoticeKind::content_refused, reply.line());
    say(reply);
    state = Idle{};
    close();
    return step.used;
  }
  const auto limit = options->max_message_bytes;
  if (limit > 0 && receiving.octets > limit) {
    refuse_content(receiving, replies::grew_too_large(limit));
  } else if (options->reject_nul && receiving.decoder.saw_nul()) {
    refuse_content(receiving, replies::nul());
  }
  if (!receiving.refusal && !content.bytes.empty()) out.push(std::move(content));
  if (step.state == DataDecoder::State::end) on_content_end();
  return step.used;
}

// The client does not listen before the final dot: go on reading, keep nothing.
void ServerSession::Core::refuse_content(Receiving& receiving, mail::Reply reply) {
  if (receiving.refusal) return;
  receiving.refusal = std::move(reply);
  out.push(DropContent{});
}

void ServerSession::Core::on_content_end() {
  auto receiving = std::move(std::get<Receiving>(state));
  auto& mail = receiving.mail;
  if (receiving.refusal) {
    note(NoticeKind::content_refused, receiving.refusal->line());
    say(*receiving.refusal);
    out.push(Aborted{std::move(mail.sender), mail.recipients.size()});
    state = Idle{};
    arm(options->command_timeout);
    return;
  }
  state = Storing{};
  ask(StoreQuestion{},
      AskStore{std::move(mail.sender), std::move(mail.recipients), receiving.octets, mail.discard});
}

void ServerSession::Core::answered(StoreQuestion, Stored& stored) {
  state = Idle{};
  say(replies::accepted(stored.id));
}

void ServerSession::Core::answered(StoreQuestion, NotStored& not_stored) {
  state = Idle{};
  say(not_stored.reply);
  end_if_told_to(not_stored.reply);
}

// ---- answers, time, end ----

void ServerSession::Core::on_answer(Answer answer) {
  if (is<Closed>()) return;  // the peer went away while the question was open
  auto about = std::exchange(question, NoQuestion{});
  std::visit(
      [this](auto& asked, auto& got) {
        constexpr bool is_of_this_question = requires { answered(std::move(asked), got); };
        SIGNET_CHECK(is_of_this_question);
        if constexpr (is_of_this_question) answered(std::move(asked), got);
      },
      about, answer);
  if (asking() || is<Closed>()) return;
  if (is<Handshaking>()) return;
  arm(is<Authenticating>() ? options->auth_timeout
      : is<Receiving>()    ? options->data_timeout
                           : options->command_timeout);
  end_if_shutting_down();
}

std::optional<TimePoint> ServerSession::Core::deadline() const {
  if (is<Closed>() || asking()) return std::nullopt;
  return slow ? slow->until : due;
}

void ServerSession::Core::on_time() {
  if (is<Closed>() || asking()) return;
  if (slow) {
    if (now < slow->until) return;
    const auto held = std::exchange(slow, std::nullopt);
    arm(options->command_timeout);
    if (!held->line.empty()) run(held->line, input_left);
    return end_if_shutting_down();
  }
  if (now < due) return;
  note(NoticeKind::timed_out, is<Receiving>() ? "message collect" : "server cmd read");
  if (is<Authenticating>()) out.push(CancelAuth{});
  if (!is<Handshaking>()) say(replies::timed_out(options->host, peer));
  abort_transaction();
  close();
}

void ServerSession::Core::on_end() {
  if (is<Closed>()) return;
  if (is<Receiving>()) note(NoticeKind::premature_end);
  if (is<Transaction>()) note(NoticeKind::lost_input, last_command);
  if (is<Authenticating>()) out.push(CancelAuth{});
  abort_transaction();
  finish();
}

void ServerSession::Core::on_shutdown() {
  ending = true;
  // Half an AUTH is worth nothing, and who checks the password may take long.
  if (is<Authenticating>()) {
    out.push(CancelAuth{});
    state = Idle{};
    question = NoQuestion{};
  }
  end_if_shutting_down();
}

void ServerSession::Core::end_if_shutting_down() {
  if (!ending || !is<Idle>() || stopped()) return;
  say(replies::shutting_down(options->host));
  close();
}

// 421 is the last word of a session, whoever says it. RFC 5321 §3.8
void ServerSession::Core::end_if_told_to(const mail::Reply& reply) {
  if (reply.code != 421) return;
  abort_transaction();
  close();
}

void ServerSession::Core::abort_transaction() {
  if (auto* receiving = std::get_if<Receiving>(&state)) {
    if (!receiving->refusal) out.push(DropContent{});
    auto& mail = receiving->mail;
    out.push(Aborted{std::move(mail.sender), mail.recipients.size()});
  } else if (auto* transaction = std::get_if<Transaction>(&state)) {
    auto& mail = transaction->mail;
    out.push(Aborted{std::move(mail.sender), mail.recipients.size()});
  } else {
    return;
  }
  state = Idle{};
}

void ServerSession::Core::close() {
  finish();
  out.push_behind_text(Close{});
}

void ServerSession::Core::finish() {
  if (!issued && !refusal && greeted) note(NoticeKind::did_not_issue);
  state = Closed{};
  question = NoQuestion{};
  slow.reset();
  input_left = false;
}

// ---- outside ----

ServerSession::ServerSession(std::shared_ptr<const ServerOptions> options,
                             const mail::PeerFacts& peer, std::string greeting,
                             std::vector<std::string> mechanisms, TimePoint now)
    : core_(std::make_unique<Core>(Core{.options = std::move(options),
                                        .peer = peer.relay(),
                                        .greeting = std::move(greeting),
                                        .mechanisms = std::move(mechanisms),
                                        .now = now})) {
  core_->begin();
}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;

std::size_t ServerSession::on_bytes(std::string_view in) { return core_->on_bytes(in); }
void ServerSession::on_answer(Answer answer) { core_->on_answer(std::move(answer)); }
void ServerSession::on_tls_started(const mail::TlsFacts& /*facts*/,
                                   std::vector<std::string> mechanisms) {
  core_->on_tls_started(std::move(mechanisms));
}
void ServerSession::on_tls_failed() { core_->on_end(); }
void ServerSession::on_time(TimePoint now) {
  core_->now = now;
  core_->on_time();
}
void ServerSession::on_end() { core_->on_end(); }
void ServerSession::on_shutdown() { core_->on_shutdown(); }
std::optional<Effect> ServerSession::next_effect() {
  return core_->out.take(core_->input_left && !core_->stopped());
}
std::optional<TimePoint> ServerSession::deadline() const { return core_->deadline(); }
void ServerSession::set_now(TimePoint now) { core_->now = now; }
void ServerSession::set_command_delay(std::chrono::seconds delay) { core_->command_delay = delay; }

bool ServerSession::waiting() const { return core_->stopped(); }
const std::string& ServerSession::helo() const { return core_->helo; }
bool ServerSession::extended() const { return core_->extended; }
bool ServerSession::authenticated() const { return core_->authenticated; }
std::string ServerSession::protocol() const {
  if (!core_->extended) return "SMTP";
  return std::string("ESMTP") + (core_->tls ? "S" : "") + (core_->authenticated ? "A" : "");
}

}  // namespace signet::smtp
