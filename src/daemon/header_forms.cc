#include "daemon/header_forms.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "signet/base/text.h"
#include "signet/conf/macros.h"
#include "signet/mail/header.h"

namespace signet::daemon {
namespace {

constexpr std::size_t kMostValue = 1000;

using Values = std::vector<std::pair<std::string_view, std::string>>;

// A host name or address literal: nothing in it may end a comment or a field.
std::string host_text(std::string_view host) {
  constexpr std::string_view kAllowed = ".-_:[]";
  std::string text(host.substr(0, 255));
  std::ranges::replace_if(
      text,
      [&](unsigned char c) {
        return std::isalnum(c) == 0 && kAllowed.find(static_cast<char>(c)) == kAllowed.npos;
      },
      '?');
  return text;
}

void add_session(Values& values, const mail::Trace& trace) {
  values.emplace_back("s", host_text(trace.helo));
  if (const auto* peer = trace.peer; peer != nullptr) {
    values.emplace_back("_", peer->relay());
    values.emplace_back("client_name", peer->name);
    values.emplace_back("client_addr", peer->address());
    values.emplace_back("client_ptr", peer->ptr);
    values.emplace_back("client_port", std::to_string(peer->remote.port));
    values.emplace_back("client_resolve", mail::to_string(peer->resolve));
    values.emplace_back("daemon_name", peer->daemon);
  }
  if (const auto* tls = trace.tls; tls != nullptr && tls->active()) {
    values.emplace_back("tls_version", tls->version);
    values.emplace_back("cipher", tls->cipher);
    values.emplace_back("cipher_bits", std::to_string(tls->cipher_bits));
    values.emplace_back("alg_bits", std::to_string(tls->algorithm_bits));
    values.emplace_back("verify", mail::to_string(tls->verify));
    values.emplace_back("cn_subject", tls->cn_subject);
    values.emplace_back("cn_issuer", tls->cn_issuer);
    values.emplace_back("cert_subject", tls->cert_subject);
    values.emplace_back("cert_issuer", tls->cert_issuer);
    values.emplace_back(tls->fingerprint_by_wish ? "cert_fp" : "cert_md5", tls->fingerprint);
  }
  if (const auto* auth = trace.auth; auth != nullptr && auth->done()) {
    values.emplace_back("auth_type", auth->mechanism);
    values.emplace_back("auth_authen", auth->identity);
    values.emplace_back("auth_author", auth->author);
    values.emplace_back("auth_ssf", std::to_string(auth->bits));
  }
}

void add_message(Values& values, const mail::Envelope& envelope, const std::string& author) {
  const std::string date = mail::rfc5322_date(envelope.arrived);
  for (const auto* name : {"a", "b"}) values.emplace_back(name, date);
  values.emplace_back("t", mail::stamp_text(envelope.arrived));
  values.emplace_back("i", envelope.id);
  values.emplace_back("r", envelope.protocol);
  values.emplace_back("f", author);
  values.emplace_back("g", author);
  values.emplace_back("mail_addr", envelope.sender);
  values.emplace_back("msg_size", std::to_string(envelope.size));
  values.emplace_back("nrcpts", std::to_string(envelope.recipients.size()));
  // Naming several recipients would tell each of the others (RFC 5321 §7.6).
  if (envelope.recipients.size() == 1) {
    values.emplace_back("u", mail::in_brackets(envelope.recipients.front().address));
  }
}

// The lines of a form become folds; one that came out empty is left out.
std::string folded(std::string_view text) {
  std::string out;
  for (const auto line : split(text, '\n')) {
    const auto words_only = trim(line);
    if (words_only.empty()) continue;
    if (!out.empty()) out += "\r\n\t";
    out += words_only;
  }
  return out;
}

receive::HeaderForm as_received_field(receive::HeaderForm form) {
  if (!form) return form;
  return [form = std::move(form)](const mail::Trace& trace, const mail::Envelope& envelope,
                                  const std::string& author) {
    const std::string text = form(trace, envelope, author);
    return text.empty() ? text : "Received: " + text + "\r\n";
  };
}

}  // namespace

receive::HeaderForms header_forms(const std::shared_ptr<const conf::Config>& config,
                                  const std::shared_ptr<const Names>& names) {
  const auto form_of = [&](const char* field) -> receive::HeaderForm {
    const auto found = config->header_forms.find(field);
    if (found == config->header_forms.end()) return nullptr;
    return [config, names, form = found->second.text](const mail::Trace& trace,
                                                      const mail::Envelope& envelope,
                                                      const std::string& author) {
      Values values;
      add_session(values, trace);
      add_message(values, envelope, author);
      return folded(conf::expand(form, [&](std::string_view macro) -> std::optional<std::string> {
        const auto value = std::ranges::find(values, macro, &Values::value_type::first);
        return value != values.end() ? conf::literal(printable(value->second, kMostValue))
                                     : site_macro(*config, *names, macro);
      }));
    };
  };
  return {.received = as_received_field(form_of("received")),
          .from = form_of("from"),
          .message_id = form_of("message-id")};
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): what std::function holds ends with it

}  // namespace signet::daemon
