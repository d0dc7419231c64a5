#include "receive/filter_macros.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/mail/header.h"

namespace signet::receive {
namespace {

using Value = std::optional<std::string>;
using Facts = MacroFacts;

Value defined(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

template <class Number>
Value number(const std::optional<Number>& value) {
  if (!value) return std::nullopt;
  return std::to_string(*value);
}

Value of(const std::optional<MailerTriple>& triple, std::string MailerTriple::*part) {
  if (!triple) return std::nullopt;
  return *triple.*part;
}

Value under_tls(const Facts& facts, std::string text) {
  return facts.tls.active() ? Value(std::move(text)) : std::nullopt;
}

// ${cert_fp} where CertFingerprintAlgorithm is set, ${cert_md5} elsewhere.
Value fingerprint(const Facts& facts, bool by_wish) {
  if (facts.tls.fingerprint_by_wish != by_wish) return std::nullopt;
  return under_tls(facts, facts.tls.fingerprint);
}

Value family_of(const IpAddress& ip) { return ip.is_v6() ? "inet6" : "inet"; }

struct Row {
  std::string_view name;
  Value (*value)(const Facts& facts);
};

constexpr std::array kMacros = std::to_array<Row>({
    // The client.
    {"_", [](const Facts& f) -> Value { return f.peer.relay(); }},
    {"client_addr", [](const Facts& f) -> Value { return f.peer.address(); }},
    {"client_name", [](const Facts& f) -> Value { return f.peer.name; }},
    {"client_port", [](const Facts& f) -> Value { return std::to_string(f.peer.remote.port); }},
    {"client_ptr", [](const Facts& f) { return defined(f.peer.ptr); }},
    {"client_resolve",
     [](const Facts& f) -> Value { return std::string(mail::to_string(f.peer.resolve)); }},
    // Where it came in.
    {"daemon_name", [](const Facts& f) -> Value { return f.port.name; }},
    {"daemon_addr", [](const Facts& f) { return defined(f.port.address); }},
    {"daemon_port", [](const Facts& f) -> Value { return std::to_string(f.peer.local.port); }},
    {"daemon_family", [](const Facts& f) { return family_of(f.peer.local.ip); }},
    {"if_name", [](const Facts& f) -> Value { return f.options.host; }},
    {"if_addr",
     [](const Facts& f) -> Value {
       if (f.peer.local.ip.is_loopback()) return std::nullopt;  // as in sendmail
       return f.peer.local.ip.to_mail_string();
     }},
    {"if_family", [](const Facts& f) { return family_of(f.peer.local.ip); }},
    {"load_avg",
     [](const Facts& f) -> Value {
       if (!f.options.load_average) return std::nullopt;
       return fmt::format("{:.0f}", f.options.load_average());
     }},
    {"opMode", [](const Facts&) -> Value { return "d"; }},
    // TLS.
    {"tls_version", [](const Facts& f) { return under_tls(f, f.tls.version); }},
    {"cipher", [](const Facts& f) { return under_tls(f, f.tls.cipher); }},
    {"cipher_bits", [](const Facts& f) { return under_tls(f, std::to_string(f.tls.cipher_bits)); }},
    {"alg_bits", [](const Facts& f) { return under_tls(f, std::to_string(f.tls.algorithm_bits)); }},
    {"verify",
     [](const Facts& f) { return under_tls(f, std::string(mail::to_string(f.tls.verify))); }},
    {"cert_subject", [](const Facts& f) { return under_tls(f, f.tls.cert_subject); }},
    {"cert_issuer", [](const Facts& f) { return under_tls(f, f.tls.cert_issuer); }},
    {"cn_subject", [](const Facts& f) { return under_tls(f, f.tls.cn_subject); }},
    {"cn_issuer", [](const Facts& f) { return under_tls(f, f.tls.cn_issuer); }},
    {"cert_md5", [](const Facts& f) { return fingerprint(f, false); }},
    {"cert_fp", [](const Facts& f) { return fingerprint(f, true); }},
    // AUTH.
    {"auth_type", [](const Facts& f) { return defined(f.auth.mechanism); }},
    {"auth_authen", [](const Facts& f) { return defined(xtext_encode(f.auth.identity)); }},
    {"auth_author", [](const Facts& f) { return defined(xtext_encode(f.auth.author)); }},
    {"auth_ssf",
     [](const Facts& f) -> Value {
       if (!f.auth.done()) return std::nullopt;
       return std::to_string(f.auth.bits);
     }},
    // The transaction.
    {"i", [](const Facts& f) { return defined(f.queue_id); }},
    {"r", [](const Facts& f) { return defined(f.protocol); }},
    {"s", [](const Facts& f) { return defined(f.helo); }},
    {"f", [](const Facts& f) { return f.sender; }},
    {"b", [](const Facts& f) -> Value { return mail::rfc5322_date(f.now); }},
    {"mail_mailer", [](const Facts& f) { return of(f.mail, &MailerTriple::mailer); }},
    {"mail_host", [](const Facts& f) { return of(f.mail, &MailerTriple::host); }},
    {"mail_addr", [](const Facts& f) { return of(f.mail, &MailerTriple::address); }},
    {"rcpt_mailer", [](const Facts& f) { return of(f.rcpt, &MailerTriple::mailer); }},
    {"rcpt_host", [](const Facts& f) { return of(f.rcpt, &MailerTriple::host); }},
    {"rcpt_addr", [](const Facts& f) { return of(f.rcpt, &MailerTriple::address); }},
    {"nrcpts", [](const Facts& f) { return number(f.recipients); }},
    {"nbadrcpts", [](const Facts& f) { return number(f.bad_recipients); }},
    {"ntries", [](const Facts&) -> Value { return "0"; }},
    {"msg_size", [](const Facts& f) { return number(f.size); }},
    {"msg_id", [](const Facts& f) { return defined(f.message_id); }},
});

}  // namespace

MailerTriple triple_of(const policy::Route& route) {
  if (route.is_local()) {
    return {.mailer = route.mailer, .host = route.host, .address = route.user};
  }
  switch (route.kind) {
    case policy::Route::Kind::remote: {
      MailerTriple triple{.mailer = route.mailer, .host = {}, .address = route.user};
      if (!route.hops.empty()) {
        const auto& hop = route.hops.front();
        triple.host = hop.use_mx ? hop.host + "." : "[" + hop.host + "]";
      }
      return triple;
    }
    case policy::Route::Kind::mailbox:
    case policy::Route::Kind::program:
      return {.mailer = route.mailer, .host = route.host, .address = route.user};
    case policy::Route::Kind::error:
      break;
  }
  return triple_of(route.error);
}

MailerTriple triple_of(const mail::Reply& refusal) {
  return {.mailer = "error", .host = refusal.enhanced, .address = refusal.line()};
}

std::optional<std::string> macro_value(std::string_view name, const MacroFacts& facts) {
  const auto* row = std::ranges::find(kMacros, name, &Row::name);
  if (row != kMacros.end()) return row->value(facts);
  return facts.options.site_macro ? facts.options.site_macro(name) : std::nullopt;
}

}  // namespace signet::receive
