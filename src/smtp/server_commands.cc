// What a server session does about each command, and about the answers to its questions. The table
// in command.cc says where a command is legal; what words mean is in path.cc and arguments.cc, what
// is said in server_replies.h and ehlo.cc.
#include <algorithm>

#include "signet/base/text.h"
#include "signet/smtp/server_session.h"
#include "smtp/arguments.h"
#include "smtp/auth_text.h"
#include "smtp/ehlo.h"
#include "smtp/server_core.h"
#include "smtp/server_replies.h"

namespace signet::smtp {
namespace {

constexpr std::size_t kMaxRecipients = 5000;  // bounds the memory of one transaction
constexpr std::size_t kShownLine = 256;       // of a command, in replies and the log

bool has_control(std::string_view line) {
  return std::ranges::any_of(
      line, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f; });
}

}  // namespace

void ServerSession::Core::on_command(std::string_view line, bool more_input) {
  const auto [verb, argument] = split_command(line);
  if (const auto* row = find_command(verb); row != nullptr) {
    const auto wait = slowdown.count(row->slowed, {.idle_commands = options->most_idle_commands,
                                                   .mechanisms = mechanisms.size()});
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
    if (command_delay.count() > 0 && row->verb != Verb::quit) {
      slow = Slow{std::string(line), now + command_delay};
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
  if (row == nullptr && !refusal && options->is_hostile && options->is_hostile(line)) {
    return on_hostile_line(line);
  }
  if (row == nullptr) return on_unknown(line);
  if (refusal && !row->when_refused) return count_bad(*refusal);
  if (row->verb == Verb::unimplemented) {
    return count_bad(replies::not_implemented(printable(trim(line), kShownLine)));
  }
  last_command = to_lower(row->name);
  dispatch(*row, argument, more_input);
}

void ServerSession::Core::dispatch(const CommandRow& row, std::string_view argument,
                                   bool more_input) {
  if (row.needs_helo != nullptr && (*options).*row.needs_helo && helo.empty()) {
    return say(row.verb == Verb::mail ? replies::helo_first() : replies::introduce_yourself());
  }
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
      return say(help(argument, options->help.get()));
    case Verb::vrfy:
      return on_vrfy(argument);
    case Verb::verb:
      return say(replies::no_verbose());
    case Verb::auth:
      return on_auth(argument);
    case Verb::starttls:
      return on_starttls(argument);
    case Verb::expn:
      return on_expn(argument);
    case Verb::etrn:
    case Verb::unimplemented:
      return say(replies::not_allowed());
  }
}

bool ServerSession::Core::counts_as_too_many_bad() {
  if (++bad_commands <= options->max_bad_commands) return false;
  note(NoticeKind::too_many_bad);
  say(replies::too_many_bad(options->host));
  close();
  return true;
}

void ServerSession::Core::count_bad(const mail::Reply& reply) {
  if (!counts_as_too_many_bad()) say(reply);
}

void ServerSession::Core::on_unknown(std::string_view line) {
  auto usual = replies::unrecognized(printable(trim(line), kShownLine));
  if (!options->filtered || refusal) return count_bad(usual);
  if (counts_as_too_many_bad()) return;
  ask(UnknownQuestion{std::move(usual)}, AskUnknown{std::string(line)});
}

void ServerSession::Core::answered(const UnknownQuestion& asked, Decision& decision) {
  say(decision.reply.positive() ? asked.usual : decision.reply);
  end_if_told_to(decision.reply);
}

// Who says what no mail server says, lines of a message or of another protocol, gets no second try.
void ServerSession::Core::on_hostile_line(std::string_view line) {
  note(NoticeKind::hostile, printable(trim(line), kShownLine));
  say(replies::hostile());
  abort_transaction();
  close();
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
  const bool is_name = is_helo_name(argument);
  if (!is_name && !(options->bogus_helo && is_of_helo_size(argument))) {
    return say(replies::invalid_domain());
  }
  abort_transaction();
  if (more_input && !refusal) return on_early_talk(row.name);
  helo = argument;
  extended = row.verb == Verb::ehlo;
  auto hello =
      is_name ? replies::hello(options->host, peer) : replies::hello_nobody(options->host, peer);
  if (options->filtered && !refusal) return ask(HeloQuestion{std::move(hello)}, AskHelo{helo});
  say_hello(std::move(hello));
}

// Who is refused hears so when it wants something.
void ServerSession::Core::answered(const HeloQuestion& asked, Decision& decision) {
  if (decision.reply.code == 421) {
    say(decision.reply);
    return end_if_told_to(decision.reply);
  }
  if (!decision.reply.positive()) refusal = std::move(decision.reply);
  say_hello(asked.hello);
}

void ServerSession::Core::say_hello(mail::Reply hello) {
  if (!extended) return say(hello);
  if (refusal) return say(ehlo_reply_refusing(std::move(hello)));
  say(ehlo_reply(std::move(hello), {.max_message_bytes = options->max_message_bytes,
                                    .pipelining = options->offer_pipelining,
                                    .expand = options->offer_expand,
                                    .dsn = options->offer_dsn,
                                    .starttls = options->offer_starttls && !tls,
                                    .mechanisms = mechanisms,
                                    .least_deliver_by = options->least_deliver_by}));
}

void ServerSession::Core::on_mail(std::string_view argument) {
  auto sender = parse_mail(argument, *options);
  if (!sender) return say(sender.error());
  if (options->filtered) sender->arguments = path_arguments(argument, "FROM");
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
  if (is_recipient_flood()) {
    note(NoticeKind::recipient_shutdown);
    say(replies::too_many_bad_recipients(options->host));
    abort_transaction();
    return close();
  }
  auto recipient = parse_rcpt(argument, *options);
  if (!recipient) return say(recipient.error());
  if (options->filtered) recipient->arguments = path_arguments(argument, "TO");
  ask(*recipient, AskRecipient{*recipient});
}

bool ServerSession::Core::is_recipient_flood() const {
  const int bad = bad_recipients;
  if (options->bad_recipient_shutdown == 0 || bad < options->bad_recipient_shutdown) return false;
  const int wanted = options->bad_recipient_shutdown_good;
  const auto good = static_cast<int>(std::get<Transaction>(state).mail.recipients.size());
  return wanted == 0 || good * 100 < wanted * (good + bad);
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
  if (options->filtered && !mail.discard) return ask(DataQuestion{}, AskData{});
  begin_content();
}

// Refused, the transaction stands as it was.
void ServerSession::Core::answered(DataQuestion, Decision& decision) {
  if (decision.reply.positive()) {
    auto& mail = std::get<Transaction>(state).mail;
    mail.discard = mail.discard || decision.discard;
    return begin_content();
  }
  say(decision.reply);
  end_if_told_to(decision.reply);
}

void ServerSession::Core::begin_content() {
  auto& mail = std::get<Transaction>(state).mail;
  say(replies::go_ahead());
  out.push(BeginContent{});
  const auto ends = options->strict_line_ends ? LineEnds::strict : LineEnds::mended;
  state = Receiving{std::move(mail), DataDecoder(ends), 0, 0, {}};
  arm(options->data_timeout);
}

void ServerSession::Core::on_vrfy(std::string_view argument) {
  if (options->refuse_verify) {
    note(NoticeKind::verify_refused, "VRFY " + printable(argument, kShownLine));
    return say(replies::cannot_verify());
  }
  if (argument.empty()) return say(replies::argument_required());
  ask(VerifyQuestion{}, AskVerify{std::string(argument)});
}

void ServerSession::Core::on_expn(std::string_view argument) {
  if (!options->offer_expand) {
    note(NoticeKind::verify_refused, "EXPN " + printable(argument, kShownLine));
    return say(replies::not_allowed());
  }
  if (argument.empty()) return say(replies::argument_required());
  ask(VerifyQuestion{}, AskExpand{std::string(argument)});
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

}  // namespace signet::smtp
