#include "deliver/outcome.h"

#include <algorithm>
#include <cerrno>

#include "signet/base/text.h"

namespace signet::deliver {
namespace {

using State = Outcome::State;

// Status code of a reply without one of its own, by what it answered.
struct Meaning {
  std::string_view dsn;
  std::string_view stat;
};

Meaning meaning_of_mail(int code) {
  switch (code) {
    case 501:
      return {"5.5.2", "Data format error"};
    case 552:
      return {"5.3.4", "Service unavailable"};
    case 553:
      return {"5.1.3", "Data format error"};
    default:
      return {"5.0.0", "Service unavailable"};
  }
}

Meaning meaning_of_recipient(int code) {
  switch (code) {
    case 550:
      return {"5.1.1", "User unknown"};
    case 551:
      return {"5.1.6", "User unknown"};
    case 553:
      return {"5.1.3", "User unknown"};
    default:
      return {"5.0.0", "Service unavailable"};
  }
}

Meaning meaning_of(smtp::Phase phase, int code) {
  switch (phase) {
    case smtp::Phase::mail:
      return meaning_of_mail(code);
    case smtp::Phase::rcpt:
      return meaning_of_recipient(code);
    default:
      return {"5.0.0", "Service unavailable"};
  }
}

// The lines of a reply as one.
std::string words_of(const mail::Reply& reply) {
  std::string text = reply.text;
  std::ranges::replace(text, '\n', ' ');
  return std::string(trim(text));
}

// The session says 421 4.4.2 when the server fell silent or hung up.
std::string lost_words(const mail::Reply& reply, std::string_view host) {
  const bool late = reply.text.find("timed out") != std::string::npos;
  std::string words =
      late ? "Deferred: Connection timed out with " : "Deferred: Connection reset by ";
  return (words += host) += ".";
}

}  // namespace

Outcome outcome_of(const smtp::RecipientResult& result, std::string_view host) {
  Outcome outcome;
  outcome.remote = host;
  const mail::Reply& reply = result.reply;
  if (!result.answered) {
    const bool lost = reply.code == 421 || reply.positive();
    if (!lost) return refused_here(reply, host);
    outcome.dsn = "4.4.2";
    outcome.stat = lost_words(reply, host);
    return outcome;
  }
  // Nothing but a 2yz to the final dot says that the server has the message.
  if (reply.code / 100 == 2 && result.phase == smtp::Phase::final_reply) {
    outcome.state = State::sent;
    outcome.dsn = reply.enhanced.starts_with('2') ? reply.enhanced : "2.0.0";
    // sendmail shows the words behind code and status: "Sent (queued as 1)".
    const std::string text = words_of(reply);
    outcome.stat = text.empty() ? "Sent" : "Sent (" + text + ")";
    return outcome;
  }
  outcome.reply = reply.line();
  if (reply.temporary()) {
    outcome.dsn = reply.enhanced.starts_with('4') ? reply.enhanced : "4.0.0";
    outcome.stat = "Deferred: " + outcome.reply;
    return outcome;
  }
  if (!reply.permanent()) {  // yes where it means nothing, or neither yes nor no
    outcome.state = State::failed;
    outcome.dsn = "5.5.1";
    outcome.stat = "Protocol error";
    return outcome;
  }
  const Meaning meaning = meaning_of(result.phase, reply.code);
  outcome.state = State::failed;
  outcome.dsn = reply.enhanced.starts_with('5') ? reply.enhanced : std::string(meaning.dsn);
  outcome.stat = meaning.stat;
  return outcome;
}

Outcome no_connection(const Error& error, std::string_view host) {
  Outcome outcome;
  outcome.dsn = "4.4.1";
  const std::string name(host);
  switch (error.system_code) {
    case ECONNREFUSED:
      outcome.stat = "Deferred: Connection refused by " + name + ".";
      break;
    case ETIMEDOUT:
      outcome.stat = "Deferred: Connection timed out with " + name + ".";
      break;
    case ECONNRESET:
    case EPIPE:
      outcome.stat = "Deferred: Connection reset by " + name + ".";
      break;
    default:
      outcome.stat = "Deferred: " + error_text(error.system_code);
      break;
  }
  if (error.system_code == 0) outcome.stat = "Deferred: " + error.what;
  return outcome;
}

Outcome refused_here(const mail::Reply& reply, std::string_view host) {
  Outcome outcome;
  outcome.remote = host;
  outcome.dsn = reply.enhanced;
  outcome.detail = reply.line();
  if (reply.permanent()) {
    outcome.state = State::failed;
    outcome.stat = "Service unavailable";
  } else {
    outcome.stat = "Deferred: " + reply.line();
  }
  if (outcome.dsn.empty()) outcome.dsn = reply.permanent() ? "5.0.0" : "4.0.0";
  return outcome;
}

Outcome refused_recipient(const mail::Reply& reply, const std::optional<mail::Reply>& tls_refusal,
                          std::string_view host) {
  Outcome outcome;
  outcome.remote = host;
  outcome.detail = reply.line();
  if (reply.permanent()) {
    outcome.state = State::failed;
    outcome.dsn = "5.5.2";
    outcome.stat = "Data format error";
  } else {
    outcome.dsn = "4.2.0";
    outcome.stat = tls_refusal ? "Deferred: " + tls_refusal->line() : "Deferred";
  }
  return outcome;
}

Outcome outcome_of_letter(const LocalResult& result) {
  Outcome outcome;
  outcome.dsn = result.status;
  if (result.delivered) {
    outcome.state = State::sent;
    outcome.stat = "Sent";
  } else if (result.temporary) {
    outcome.stat = "Deferred: " + result.reason;
  } else {
    outcome.state = State::failed;
    outcome.stat = result.reason;
  }
  return outcome;
}

Outcome host_unknown(std::string_view domain) {
  Outcome outcome;
  outcome.state = State::failed;
  outcome.dsn = "5.1.2";
  outcome.stat = "Host unknown (Name server: " + std::string(domain) + ": host not found)";
  return outcome;
}

Outcome null_mx() {
  Outcome outcome;
  outcome.state = State::failed;
  outcome.dsn = "5.1.10";
  outcome.stat = "Service unavailable";
  return outcome;
}

Outcome lookup_deferred(std::string_view domain) {
  Outcome outcome;
  outcome.dsn = "4.4.3";
  outcome.stat = "Deferred: Name server: " + std::string(domain) + ": host name lookup failure";
  return outcome;
}

Outcome loops_back(std::string_view domain, std::string_view host) {
  Outcome outcome;
  outcome.state = State::failed;
  outcome.dsn = "5.3.5";
  outcome.stat = "Local configuration error";
  outcome.detail = "MX list for " + std::string(domain) + ". points back to " + std::string(host);
  outcome.remedy = "add the domain to class w (local-host-names) or to the mailertable";
  return outcome;
}

}  // namespace signet::deliver
