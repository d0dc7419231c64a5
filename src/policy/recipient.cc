// check_rcpt: may this forward-path be given here? Under delay_checks also what
// the connection and the sender are worth.
#include <optional>

#include "policy/checks.h"
#include "policy/relay.h"
#include "policy/site.h"
#include "policy/value.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/best_mx.h"
#include "signet/policy/tls.h"

namespace signet::policy {
namespace {

constexpr std::string_view kToTag = "To";

struct Recipient {
  mail::Address address;
  std::string domain;     // lower case, empty for a bare user name
  std::string text;       // local@domain
  bool ours = false;      // class w, or no domain, or by MX
  std::string rule{};     // why it is
  bool forwards = false;  // the local part says it wants to go on from here
};

// A source route is skipped, RFC 5321 §4.1.2. The bytes that once routed mail onwards ("user%host",
// "host!user", "user@host" in quotes) make an address foreign whatever its domain.
std::optional<Recipient> parse_recipient(const SiteOptions& site, std::string_view text) {
  if (text.starts_with('@')) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  auto address = mail::parse_address(text);
  if (!address) return std::nullopt;
  Recipient recipient{.address = std::move(*address), .domain = {}, .text = {}, .rule = {}};
  recipient.domain = recipient.address.domain_key();
  recipient.text = recipient.domain.empty() ? recipient.address.local
                                            : recipient.address.local + "@" + recipient.domain;
  const bool bare = recipient.address.domain.empty();
  recipient.ours = bare || is_local_domain(site, recipient.domain);
  if (recipient.ours) recipient.rule = bare ? "unqualified" : "class w";
  recipient.forwards =
      !site.loose_relay_check && recipient.address.local.find_first_of("%!@") != std::string::npos;
  return recipient;
}

// FEATURE(blocklist_recipients), then RECIPIENT_PATTERN, from which a To: entry exempts. Empty:
// nothing against it, or RELAY, which is asked for again later.
std::optional<Verdict> judge_entry(const Access& access, const SiteOptions& site,
                                   const Recipient& recipient, std::string_view as_given) {
  mail::Reply on_reject{550, "5.2.1", "Mailbox disabled for this recipient"};
  if (!site.recipient_message.empty()) on_reject = parse_refusal(site.recipient_message, on_reject);
  const bool patterns = site.patterns && !site.patterns->recipients.empty();
  std::optional<Verdict> pattern;
  if (patterns) {
    pattern = judge_by_patterns(site.patterns->recipients, recipient.text, on_reject, as_given);
    if (pattern && pattern->action == Action::accept) pattern.reset();
  }
  if (!site.check_recipients && !pattern) return std::nullopt;
  const auto hit = access.mailbox(kToTag, recipient.text, Tagged::also_bare, recipient.ours);
  if (!hit) return map_failed(hit.error());
  if (!*hit) return pattern;
  if (says(**hit, "OK") || says(**hit, "RELAY")) return std::nullopt;
  if (!site.check_recipients) return pattern;
  return verdict_of(kToTag, **hit, on_reject, as_given);
}

struct Judged {
  Verdict verdict;
  bool proved = false;  // by certificate or AUTH: delayed checks do not apply
};

Judged judge_recipient(const Access& access, const SiteOptions& site, const ClientView& client,
                       const Recipient& recipient, std::string_view as_given) {
  std::optional<Verdict> held;
  if (site.check_recipients || site.patterns) {
    auto entry = judge_entry(access, site, recipient, as_given);
    // A quarantined recipient still needs the right to be one.
    if (entry && entry->action != Action::quarantine) return {std::move(*entry)};
    held = std::move(entry);
  }
  const auto settle = [&](Verdict verdict, bool proved) {
    if (held && !verdict.rejected()) return Judged{std::move(*held), proved};
    return Judged{std::move(verdict), proved};
  };
  if (auto proof = relay_by_proof(access, site, client)) return settle(std::move(*proof), true);
  if (site.promiscuous_relay) {
    return settle({Action::relay, {}, "promiscuous_relay", {}}, false);
  }
  if (!recipient.forwards && recipient.ours) {
    return settle(accepted(recipient.rule), false);
  }
  if (site.delay_checks == Delay::no) {
    if (auto refusal = judge_helo(site, client, as_given)) return {std::move(*refusal)};
  }
  if (!recipient.forwards) {
    auto open = relay_by_recipient(access, site, recipient.text, recipient.domain);
    if (open) return settle(std::move(*open), false);
  }
  auto by_client = relay_by_client(access, site, client, as_given);
  if (by_client.rejected() && !recipient.forwards) {
    auto by_mx = relay_by_mail_hosts(site, client, recipient.domain, as_given);
    if (by_mx) return settle(std::move(*by_mx), false);
  }
  return settle(std::move(by_client), false);
}

// `Spam:` entries: user@dom, domain walk, then user@ for our own. Tagged only.
Lookup find_spam_wish(const Access& access, const Recipient& recipient) {
  constexpr std::string_view kSpam = "Spam";
  auto hit = access.full_address(kSpam, recipient.text, Tagged::only);
  if (!hit || *hit) return hit;
  hit = access.domain(kSpam, recipient.domain, Tagged::only);
  if (!hit || *hit || !recipient.ours) return hit;
  return access.local_part(kSpam, recipient.address.local, Tagged::only);
}

// Connection and sender, unless the recipient waived it. Empty: nothing against the message.
std::optional<Verdict> judge_delayed(const Access& access, const SiteOptions& site,
                                     const ClientView& client, const Recipient& recipient,
                                     std::string_view as_given) {
  if (auto refusal = judge_helo(site, client, as_given)) return refusal;
  if (site.delay_checks != Delay::all) {
    const auto wish = find_spam_wish(access, recipient);
    if (!wish) return map_failed(wish.error());
    if (site.delay_checks == Delay::friend_ && *wish && says(**wish, "FRIEND")) return std::nullopt;
    if (site.delay_checks == Delay::hater && !(*wish && says(**wish, "HATER"))) return std::nullopt;
  }
  auto sender = judge_sender(access, site, client, as_given);
  if (sender.action != Action::accept) return sender;
  auto connection = judge_connect(access, site, client);
  if (connection.action == Action::accept) return std::nullopt;
  if (!connection.rejected()) return connection;
  auto refusal = rejected(std::move(connection.reply), as_given, std::move(connection.rule));
  refusal.value = std::move(connection.value);
  return refusal;
}

}  // namespace

std::string recipient_hosts_to_ask(const Access& access, const SiteOptions& site,
                                   const ClientView& client, std::string_view recipient) {
  if (!site.relay_based_on_mx || site.promiscuous_relay) return {};
  const auto parsed = parse_recipient(site, recipient);
  if (!parsed || parsed->ours || parsed->forwards || parsed->domain.starts_with('[')) return {};
  if (relay_by_proof(access, site, client)) return {};
  if (relay_by_recipient(access, site, parsed->text, parsed->domain)) return {};
  return relay_by_client(access, site, client, {}).rejected() ? parsed->domain : std::string();
}

bool may_relay_by_proof(const Access& access, const SiteOptions& site, const ClientView& client) {
  return relay_by_proof(access, site, client).has_value();
}

Verdict check_recipient(const Access& access, const SiteOptions& site, const ClientView& client,
                        std::string_view recipient, std::string_view as_given) {
  if (recipient.empty()) {
    return rejected({553, "5.0.0", "User address required"}, as_given, "syntax");
  }
  auto parsed = parse_recipient(site, recipient);
  if (!parsed) return rejected({553, "5.1.3", "Invalid recipient address"}, as_given, "syntax");
  if (!parsed->ours) {
    const auto by_mx = is_best_mx(site, parsed->domain);
    if (!by_mx) return map_failed(by_mx.error());
    parsed->ours = *by_mx;
    if (*by_mx) parsed->rule = "bestmx_is_local";
  }
  auto judged = judge_recipient(access, site, client, *parsed, as_given);
  if (site.delay_checks == Delay::no) return std::move(judged.verdict);
  if (judged.verdict.rejected() || judged.verdict.action == Action::discard) {
    return std::move(judged.verdict);
  }
  if (auto tls = judge_tls_client(access, site, client, true); tls.rejected()) return tls;
  if (judged.proved) return std::move(judged.verdict);
  if (auto against = judge_delayed(access, site, client, *parsed, as_given)) return *against;
  return std::move(judged.verdict);
}

}  // namespace signet::policy
