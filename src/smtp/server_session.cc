// All transitions of a server session. Its state is in server_core.h, what words mean in
// command.cc, path.cc and arguments.cc, what is said in server_replies.h and ehlo.cc.
#include "signet/smtp/server_session.h"

#include <algorithm>

#include "signet/base/check.h"
#include "signet/base/text.h"
#include "smtp/arguments.h"
#include "smtp/auth_text.h"
#include "smtp/ehlo.h"
#include "smtp/server_core.h"
#include "smtp/server_replies.h"

namespace signet::smtp {
namespace {

constexpr std::size_t kMaxCommandLine = 4096;
constexpr std::size_t kMaxRecipients = 5000;  // bounds the memory of one transaction
// So much content must come within data_timeout, or the client is as good as gone.
constexpr std::size_t kDataBlock = 1024;
constexpr std::size_t kShownLine = 256;  // of a command, in replies and the log

bool has_control(std::string_view line) {
  return std::ranges::any_of(
      line, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f; });
}

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

void ServerSession::Core::on_command(std::string_view line, bool more_input) {
  const auto [verb, argument] = split_command(line);
  if (const auto* row = find_command(verb); row != nullptr) {
    const auto wait = slowdown.count(row->slowed, mechanisms.size());
    if (wait.first) {
      const auto name = row->slowed == Slowed::helo ? "HELO/EHLO" : row->name;
      note(NoticeKind::attack, std::string(name), wait.count);
    }
    if (wait.time.count() > 0) {
      slow = Slow{std::string(line), now + wait.time};
      return;
    }
    const int throttle = options->bad_recipient_throttle;
    if (row->verb == Verb::rcpt && throttle > 0 && bad_recipients >= throttle) {
      if (!std::exchange(flooded, true)) note(NoticeKind::recipient_flood);
      slow = Slow{std::string(line), now + options->bad_recipient_delay};
      return;
    }
  }
  run(line, more_input);
}

void ServerSession::Core::run(std::string_view line, bool more_input) {
  arm(options->command_timeout);
  const auto [verb, argument] = split_command(line);
  if (std::exchange(first_line, false) && options->refuse_http && is_http(verb)) {
    note(NoticeKind::open_proxy, printable(line, kShownLine));
    say(replies::open_proxy(options->host, peer));
    return close();
  }
  if (has_control(line)) return count_bad(replies::control_characters());
  const auto* row = find_command(verb);
  if (row == nullptr) return count_bad(replies::unrecognized(printable(trim(line), kShownLine)));
  if (refusal && !row->when_refused) return count_bad(*refusal);
  if (row->verb == Verb::unimplemented) {
    return count_bad(replies::not_implemented(printable(trim(line), kShownLine)));
  }
  last_command = to_lower(row->name);
  dispatch(*row, argument, more_input);
}

void ServerSession::Core::dispatch(const CommandRow& row, std::string_view argument,
                                   bool more_input) {
  if (row.needs_helo && options->need_helo && helo.empty()) return say(replies::helo_first());
  if (row.needs_auth && options->require_auth && !authenticated) {
    return say(replies::authentication_required());
  }
  const auto refuse = is<Transaction>() ? row.in_transaction : row.when_idle;
  if (refuse != nullptr) return say(refuse());
  issued = issued || row.counts_as_issued;
  switch (row.verb) {
    case Verb::helo:
    case Verb::ehlo:
      return on_helo(row, argument, more_input);
    case Verb::mail:
      return on_mail(argument);
    case Verb::rcpt:
      return on_rcpt(argument);
    case Verb::data:
      return on_data(argument, more_input);
    case Verb::rset:
      abort_transaction();
      return say(replies::reset_state());
    case Verb::noop:
      return say(replies::ok());
    case Verb::quit:
      abort_transaction();
      say(replies::closing(options->host));
      return close();
    case Verb::help:
      return say(help(argument));
    case Verb::vrfy:
      return on_vrfy(argument);
    case Verb::verb:
      return say(replies::no_verbose());
    case Verb::auth:
      return on_auth(argument);
    case Verb::starttls:
      return on_starttls(argument);
    case Verb::expn:
    case Verb::etrn:
    case Verb::unimplemented:
      return say(replies::not_allowed());
  }
}

void ServerSession::Core::count_bad(const mail::Reply& reply) {
  if (++bad_commands > options->max_bad_commands) {
    note(NoticeKind::too_many_bad);
    say(replies::too_many_bad(options->host));
    return close();
  }
  say(reply);
}

// Input behind a command whose answer the client has to see first: it does not read what we say, so
// it is no mail server.
void ServerSession::Core::on_early_talk(std::string_view command) {
  note(NoticeKind::early_talker, std::string(command));
  say(replies::protocol_error());
  refusal = replies::command_rejected();
}

// ---- commands ----

void ServerSession::Core::on_helo(const CommandRow& row, std::string_view argument,
                                  bool more_input) {
  if (argument.empty()) return say(replies::domain_required(row.name));
  if (!is_helo_name(argument)) return say(replies::invalid_domain());
  abort_transaction();
  if (more_input && !refusal) return on_early_talk(row.name);
  helo = argument;
  extended = row.verb == Verb::ehlo;
  auto hello = replies::hello(options->host, peer);
  if (!extended) return say(hello);
  if (refusal) return say(ehlo_reply_refusing(std::move(hello)));
  say(ehlo_reply(std::move(hello), {.max_message_bytes = options->max_message_bytes,
                                    .pipelining = options->offer_pipelining,
                                    .starttls = options->offer_starttls && !tls,
                                    .mechanisms = mechanisms}));
}

void ServerSession::Core::on_mail(std::string_view argument) {
  auto sender = parse_mail(argument, options->max_message_bytes);
  if (!sender) return say(sender.error());
  ask(*sender, AskSender{*sender});
}

// Empty words in a positive answer stand for the usual ones.
void ServerSession::Core::answered(SenderPath sender, Decision& decision) {
  if (decision.reply.positive()) {
    say(decision.reply.text.empty() ? replies::sender_ok(sender.as_given) : decision.reply);
    bad_recipients = 0;
    flooded = false;
    state = Transaction{Mail{std::move(sender), {}, discard_all || decision.discard}};
    return;
  }
  say(decision.reply);
  out.push(Aborted{std::move(sender), 0});
  end_if_told_to(decision.reply);
}

void ServerSession::Core::on_rcpt(std::string_view argument) {
  const auto limit = options->max_recipients > 0 ? options->max_recipients : kMaxRecipients;
  if (std::get<Transaction>(state).mail.recipients.size() >= limit) {
    return say(replies::too_many_recipients());
  }
  auto recipient = parse_rcpt(argument);
  if (!recipient) return say(recipient.error());
  ask(*recipient, AskRecipient{*recipient});
}

void ServerSession::Core::answered(RecipientPath recipient, Decision& decision) {
  if (decision.reply.positive()) {
    say(decision.reply.text.empty() ? replies::recipient_ok(recipient.as_given) : decision.reply);
    auto& mail = std::get<Transaction>(state).mail;
    mail.recipients.push_back(std::move(recipient));
    mail.discard = mail.discard || decision.discard;
    return;
  }
  say(decision.reply);
  ++bad_recipients;
  end_if_told_to(decision.reply);
}

void ServerSession::Core::on_data(std::string_view argument, bool more_input) {
  if (!argument.empty()) return say(replies::parameter_unrecognized(""));  // sendmail names none
  auto& mail = std::get<Transaction>(state).mail;
  if (mail.recipients.empty()) return say(replies::need_rcpt());
  if (more_input) {
    on_early_talk("DATA");
    abort_transaction();
    return close();
  }
  say(replies::go_ahead());
  out.push(BeginContent{});
  const auto ends = options->strict_line_ends ? LineEnds::strict : LineEnds::mended;
  state = Receiving{std::move(mail), DataDecoder(ends), 0, 0, {}};
  arm(options->data_timeout);
}

void ServerSession::Core::on_vrfy(std::string_view argument) {
  if (options->refuse_verify) {
    note(NoticeKind::verify_refused, printable(argument, kShownLine));
    return say(replies::cannot_verify());
  }
  if (argument.empty()) return say(replies::argument_required());
  ask(VerifyQuestion{}, AskVerify{std::string(argument)});
}

void ServerSession::Core::answered(VerifyQuestion, Decision& decision) {
  say(decision.reply);
  end_if_told_to(decision.reply);
}

void ServerSession::Core::on_starttls(std::string_view argument) {
  if (!argument.empty()) return say(replies::no_parameters());
  if (!options->offer_starttls || tls) return say(replies::no_tls());
  ask(StartTlsQuestion{}, AskStartTls{});
}

void ServerSession::Core::answered(StartTlsQuestion, Decision& decision) {
  if (!decision.reply.positive()) {
    say(decision.reply);
    return end_if_told_to(decision.reply);
  }
  say(replies::ready_for_tls());
  out.push_behind_text(StartTls{});
  state = Handshaking{};
  arm(options->starttls_timeout);
}

// ---- AUTH ----

void ServerSession::Core::on_auth(std::string_view argument) {
  if (authenticated) return say(replies::authenticated_twice());
  if (mechanisms.empty()) return say(replies::no_auth());
  const auto [name, word] = split_command(argument);
  if (name.empty()) return say(replies::mechanism_required());
  const auto found = std::ranges::find_if(
      mechanisms, [&](const auto& mechanism) { return iequals(mechanism, name); });
  if (found == mechanisms.end()) return say(replies::mechanism_unknown(printable(name, 40)));
  std::optional<std::string> initial;
  if (!word.empty()) {
    initial = decode_initial(word);
    if (!initial) return say(replies::cannot_decode(printable(word, 40)));
  }
  state = Authenticating{};
  ask(AuthQuestion{}, AskAuth{*found, std::move(initial)});
}

void ServerSession::Core::on_auth_line(std::string_view line) {
  if (line == "*") return end_auth(replies::auth_aborted());
  auto response = base64_decode(line);
  if (!response) return end_auth(replies::cannot_decode(printable(line, 40)));
  ask(AuthQuestion{}, AskAuthStep{std::move(*response)});
}

void ServerSession::Core::end_auth(const mail::Reply& reply) {
  out.push(CancelAuth{});
  state = Idle{};
  say(reply);
  arm(options->command_timeout);
}

void ServerSession::Core::answered(AuthQuestion, Challenge& challenge) {
  say(replies::challenge(base64_encode(challenge.bytes)));
}

void ServerSession::Core::answered(AuthQuestion, Authenticated&) {
  authenticated = true;
  state = Idle{};
  say(replies::authenticated());
}

void ServerSession::Core::answered(AuthQuestion, AuthRefused& refused) {
  state = Idle{};
  say(refused.reply);
  end_if_told_to(refused.reply);
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
  arm(is<Authenticating>() ? options->auth_timeout : options->command_timeout);
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

bool ServerSession::waiting() const { return core_->stopped(); }
const std::string& ServerSession::helo() const { return core_->helo; }
bool ServerSession::extended() const { return core_->extended; }
bool ServerSession::authenticated() const { return core_->authenticated; }
std::string ServerSession::protocol() const {
  if (!core_->extended) return "SMTP";
  return std::string("ESMTP") + (core_->tls ? "S" : "") + (core_->authenticated ? "A" : "");
}

}  // namespace signet::smtp
