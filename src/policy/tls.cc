// TLS_Clt, TLS_Srv, TLS_Rcpt, Try_TLS. Where sendmail lets mail pass because the map could not be
// asked, we refuse for now: a requirement that is not known is not met (docs/differences.md).
#include "signet/policy/tls.h"

#include <algorithm>
#include <utility>

#include "policy/value.h"
#include "signet/base/text.h"

namespace signet::policy {
namespace {

// What is judged: the other side and what it proved.
struct Proof {
  std::string_view name;  // client_name or server_name
  const mail::TlsFacts& tls;
  int auth_bits = 0;
};

mail::Reply refusal(const SiteOptions& site, TlsRequirement::Code code, std::string text) {
  switch (code) {
    case TlsRequirement::Code::permanent:
      return {503, "5.7.0", std::move(text)};
    case TlsRequirement::Code::temporary:
      return {403, "4.7.0", std::move(text)};
    case TlsRequirement::Code::by_default:
      break;
  }
  if (site.permanent_tls_errors) return {554, "5.7.0", std::move(text)};
  return {454, "4.7.0", std::move(text)};
}

Verdict map_unknown(const Error& error) {
  auto verdict = map_failed(error);
  verdict.reply.code = 454;
  return verdict;
}

// States in which nothing that TLS would have given can be relied on, whatever is required.
std::string_view broken(mail::Verify verify) {
  switch (verify) {
    case mail::Verify::software:
      return "TLS handshake failed.";
    case mail::Verify::protocol:
      return "STARTTLS failed.";
    case mail::Verify::dane_fail:
      return "DANE check failed.";
    case mail::Verify::config:
      return "STARTTLS temporarily not possible.";
    default:
      return {};
  }
}

bool is_verified(const mail::TlsFacts& tls) {
  return tls.verify == mail::Verify::ok || tls.verify == mail::Verify::trusted;
}

std::string joined(const std::vector<std::string>& extensions) {
  std::string text;
  for (const auto& one : extensions) text += (text.empty() ? "" : "++") + one;
  return text;
}

std::string why_not_verified(mail::Verify verify, const TlsRequirement& requirement) {
  switch (verify) {
    case mail::Verify::none_yet:
      return "authentication required";
    case mail::Verify::fail:
      return "authentication failed";
    case mail::Verify::no:
      return "not authenticated";
    case mail::Verify::not_:
      return "no authentication requested";
    case mail::Verify::none:
      return "other side does not support STARTTLS";
    case mail::Verify::clear:
      return "STARTTLS disabled locally";
    default:
      break;
  }
  const std::string extensions = joined(requirement.extensions);
  return "authentication failure" + (extensions.empty() ? "" : " " + extensions);
}

// "*.rest" stands for exactly one label.
bool covers(std::string_view pattern, std::string_view name) {
  if (iequals(pattern, name)) return true;
  const auto dot = name.find('.');
  return pattern.starts_with("*.") && dot != std::string_view::npos && dot != 0 &&
         iequals(pattern.substr(1), name.substr(dot));
}

bool name_matches(const SiteOptions& site, const Proof& proof, std::string_view wanted) {
  const std::string_view name = proof.tls.cn_subject;
  if (!site.check_alt_names) return !name.empty() && iequals(name, wanted);
  const bool found = std::ranges::any_of(
      proof.tls.alt_names, [&](const std::string& alt) { return covers(alt, wanted); });
  // FEATURE(check_cert_altnames) falls back to the name of the other side, not to the one asked
  // for.
  return found || (!name.empty() && iequals(name, proof.name));
}

// The issuer must stand in the map as "tag:dn". An entry that says REJECT is none.
std::optional<mail::Reply> check_issuer_tag(const Access& access, const SiteOptions& site,
                                            TlsRequirement::Code code, std::string_view tag,
                                            const Proof& proof) {
  const auto hit = access.exact(std::string(tag) + ":" + proof.tls.cert_issuer);
  if (!hit) return map_unknown(hit.error()).reply;
  if (*hit && !says(**hit, "REJECT")) return std::nullopt;
  return refusal(site, code, "Cert Issuer " + proof.tls.cert_issuer + " not acceptable");
}

std::optional<mail::Reply> check_extension(const Access& access, const SiteOptions& site,
                                           const TlsRequirement& requirement,
                                           std::string_view extension, const Proof& proof) {
  const auto colon = std::min(extension.find(':'), extension.size());
  const auto kind = extension.substr(0, colon);
  const auto wanted = colon == extension.size() ? proof.name : trim(extension.substr(colon + 1));
  const auto differs = [&](std::string_view what, std::string_view is) {
    return refusal(
        site, requirement.code,
        std::string(what) + " " + std::string(is) + " does not match " + std::string(wanted));
  };
  const auto& tls = proof.tls;
  if (iequals(kind, "CITag"))
    return check_issuer_tag(access, site, requirement.code, wanted, proof);
  if (iequals(kind, "CN")) {
    if (name_matches(site, proof, wanted)) return std::nullopt;
    return differs("CN", tls.cn_subject);
  }
  if (iequals(kind, "CS")) {
    if (iequals(tls.cert_subject, wanted)) return std::nullopt;
    return differs("Cert Subject", tls.cert_subject);
  }
  if (iequals(tls.cert_issuer, wanted)) return std::nullopt;
  return differs("Cert Issuer", tls.cert_issuer);
}

// Empty: all that is required is there.
std::optional<mail::Reply> measure(const Access& access, const SiteOptions& site,
                                   const TlsRequirement& requirement, const Proof& proof) {
  const TlsRequirement::Code code = requirement.code;
  if (requirement.demand == TlsRequirement::Demand::none) return std::nullopt;
  if (requirement.demand == TlsRequirement::Demand::verify && !is_verified(proof.tls)) {
    return refusal(site, code, why_not_verified(proof.tls.verify, requirement));
  }
  const int bits = std::max(proof.tls.cipher_bits, proof.auth_bits);
  if (bits < requirement.bits) {
    return refusal(site, code,
                   "encryption too weak " + std::to_string(bits) + " less than " +
                       std::to_string(requirement.bits));
  }
  for (const auto& extension : requirement.extensions) {
    if (auto reply = check_extension(access, site, requirement, extension, proof)) return reply;
  }
  return std::nullopt;
}

Verdict judge(const Access& access, const SiteOptions& site, std::string_view tag,
              const Lookup& hit, const Proof& proof) {
  if (!hit) return map_unknown(hit.error());
  const auto state = broken(proof.tls.verify);
  if (!*hit) {
    if (state.empty()) return accepted("default");
    return rejected(refusal(site, TlsRequirement::Code::by_default, std::string(state)), "default");
  }
  const auto parsed = parse_tls_requirement((*hit)->value);
  Verdict verdict = accepted(rule_of(tag, **hit));
  verdict.value = (*hit)->value;
  auto reply = state.empty() ? measure(access, site, parsed.requirement, proof)
                             : refusal(site, parsed.requirement.code, std::string(state));
  if (!reply) return verdict;
  verdict.action = Action::reject;
  verdict.reply = std::move(*reply);
  return verdict;
}

// name, address, then "TAG:" alone
Lookup find_for_peer(const Access& access, std::string_view tag, std::string_view name,
                     const IpAddress& address) {
  auto hit = access.peer(tag, name, address, Tagged::only);
  if (!hit || *hit) return hit;
  return access.exact(std::string(tag) + ":");
}

}  // namespace

// The same before and at MAIL; at MAIL a layer that AUTH brought counts too.
Verdict judge_tls_client(const Access& access, const SiteOptions& site, const ClientView& client,
                         [[maybe_unused]] bool at_mail) {
  constexpr std::string_view kTag = "TLS_Clt";
  const auto hit = find_for_peer(access, kTag, client.peer.name, client.peer.remote.ip);
  return judge(access, site, kTag, hit, {client.peer.name, client.tls, client.auth.bits});
}

Verdict judge_tls_server(const Access& access, const SiteOptions& site, const TlsPeer& server,
                         const mail::TlsFacts& tls, const mail::AuthFacts& auth) {
  constexpr std::string_view kTag = "TLS_Srv";
  const auto hit = find_for_peer(access, kTag, server.name, server.address);
  return judge(access, site, kTag, hit, {server.name, tls, auth.bits});
}

Verdict judge_tls_recipient(const Access& access, const SiteOptions& site,
                            std::string_view recipient, const TlsPeer& server,
                            const mail::TlsFacts& tls) {
  constexpr std::string_view kTag = "TLS_Rcpt";
  auto hit = access.mailbox(kTag, recipient, Tagged::only, true);
  if (hit && !*hit) hit = access.exact(std::string(kTag) + ":");
  if (hit && !*hit) return accepted("default");
  return judge(access, site, kTag, hit, {server.name, tls, 0});
}

Verdict judge_try_tls(const Access& access, const SiteOptions&, const TlsPeer& server) {
  constexpr std::string_view kTag = "Try_TLS";
  const auto hit = find_for_peer(access, kTag, server.name, server.address);
  // Unknown whether not to try: trying is the safe side.
  if (!hit) return accepted("access: map failed");
  if (!*hit) return accepted("default");
  Verdict verdict = accepted(rule_of(kTag, **hit));
  verdict.value = (*hit)->value;
  if (!says(**hit, "NO")) return verdict;
  verdict.action = Action::reject;
  verdict.reply = {550, "5.7.1",
                   "do not try TLS with " + std::string(server.name) + " [" +
                       server.address.to_mail_string() + "]"};
  return verdict;
}

Verdict relay_by_certificate(const Access& access, const SiteOptions& site,
                             const mail::TlsFacts& tls) {
  constexpr std::string_view kIssuer = "CERTISSUER";
  constexpr std::string_view kSubject = "CERTSUBJECT";
  const Verdict no_say = accepted("no certificate entry");
  if (!is_verified(tls) || tls.cert_issuer.empty() || !access.configured()) return no_say;
  auto tag = kIssuer;
  auto hit = access.exact(std::string(kIssuer) + ":" + site.issuer_rewrite.apply(tls.cert_issuer));
  if (hit && *hit && says(**hit, "SUBJECT")) {
    tag = kSubject;
    hit = access.exact(std::string(kSubject) + ":" + site.subject_rewrite.apply(tls.cert_subject));
  }
  if (!hit) return map_failed(hit.error());
  if (!*hit || !says(**hit, "RELAY")) return no_say;
  return {Action::relay, {}, rule_of(tag, **hit), (*hit)->value};
}

}  // namespace signet::policy
