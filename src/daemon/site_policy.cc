#include "daemon/site_policy.h"

#include <algorithm>
#include <utility>

#include "signet/base/text.h"

namespace signet::daemon {
namespace {

policy::Delay delay_of(const conf::Feature* feature) {
  if (feature == nullptr) return policy::Delay::no;
  if (has_argument(feature, "friend")) return policy::Delay::friend_;
  if (has_argument(feature, "hater")) return policy::Delay::hater;
  return policy::Delay::all;
}

policy::RelayBySender relay_by_sender_of(const conf::Feature* feature) {
  if (feature == nullptr) return policy::RelayBySender::no;
  return has_argument(feature, "domain") ? policy::RelayBySender::address_or_domain
                                         : policy::RelayBySender::address;
}

// D{name}: an expression as of a regex map; none: names stay whole.
Result<policy::CertificateRewrite> rewrite_of(const conf::Config& config, std::string_view name) {
  const auto found = config.macros.find(name);
  if (found == config.macros.end() || found->second.text.empty()) {
    return policy::CertificateRewrite();
  }
  auto made = policy::CertificateRewrite::make(found->second.text);
  if (!made) {
    return std::unexpected(
        std::move(made).error().within(found->second.at.to_string() + ": " + std::string(name)));
  }
  return made;
}

}  // namespace

bool has_argument(const conf::Feature* feature, std::string_view word) {
  return feature != nullptr && std::ranges::any_of(feature->args, [&](const std::string& argument) {
           return iequals(argument, word);
         });
}

policy::AccessOptions access_options(const conf::Config& config) {
  const conf::Feature* access = config.feature("access_db");
  return {.skip = has_argument(access, "skip"),
          .lookup_dot_domain = has_argument(access, "lookupdotdomain") ||
                               config.feature("lookupdotdomain") != nullptr,
          .relay_to_full_address = has_argument(access, "relaytofulladdress"),
          .compressed_ipv6 = false};
}

policy::RewriteOptions rewrite_options(const conf::Config& config) {
  const auto has = [&config](std::string_view name) { return config.feature(name) != nullptr; };
  const auto members = [&config](std::string_view name) {
    policy::NameSet set;
    for (const auto& member : config.members(name)) set.add(member);
    return set;
  };
  policy::RewriteOptions options;
  options.masquerade = config.macro("M");
  options.masqueraded = members("M");
  options.excepted = members("N");
  options.exposed = members("E");
  // FEATURE(nullclient) calls these two.
  options.envelope = has("masquerade_envelope") || has("nullclient");
  options.recipients = has("allmasquerade") || has("nullclient");
  options.entire_domain = has("masquerade_entire_domain");
  options.limited = has("limited_masquerade");
  options.local_as_it_is = has("local_no_masquerade");
  options.local_by_lmtp = has("local_lmtp");
  if (const auto* always = config.feature("always_add_domain"); always != nullptr) {
    options.always_add_domain = true;
    if (!always->args.empty()) options.added_domain = always->args.front();
  }
  options.generics_domains = members("G");
  options.generics_entire_domain = has("generics_entire_domain");
  return options;
}

Result<policy::SiteOptions> site_policy(const conf::Config& config, const Names& names) {
  const auto uses = [&](std::string_view feature) { return config.feature(feature) != nullptr; };
  policy::SiteOptions site;
  site.host = names.host;
  site.local_domains = {to_lower(names.host)};  // first: messages call this host so
  for (auto& domain : config.local_domains()) site.local_domains.push_back(std::move(domain));
  site.local_domains.emplace_back("localhost");
  for (const auto& address : names.addresses) site.local_domains.push_back(address);
  site.relay_domains = config.relay_domains();
  // A top-level domain is never meant: that would be an open relay for all of it.
  if (uses("relay_entire_domain") && names.domain.find('.') != std::string::npos) {
    site.relay_domains.push_back(to_lower(names.domain));
  }
  for (const auto& domain : config.members("VirtHost")) {
    site.virtual_domains.push_back(to_lower(domain));
    site.relay_domains.push_back(to_lower(domain));  // as in sendmail: its mail is taken
  }
  site.virtual_entire_domains = uses("virtuser_entire_domain");
  site.trusted_mechanisms = config.trusted_mechanisms();
  site.accept_unresolvable_domains = uses("accept_unresolvable_domains");
  site.accept_unqualified_senders = uses("accept_unqualified_senders");
  site.check_recipients = uses("blocklist_recipients") || uses("blacklist_recipients");
  site.relay_hosts_only = uses("relay_hosts_only");
  site.permanent_tls_errors = !config.macro("TLS_PERM_ERR").empty();
  if (const auto text = config.macro("REJECT_MSG"); !text.empty()) site.reject_message = text;
  site.relay_message = config.macro("RELAY_MSG");
  site.recipient_message = config.macro("RCPTREJ_MSG");
  site.delay_checks = delay_of(config.feature("delay_checks"));
  site.relay_mail_from = relay_by_sender_of(config.feature("relay_mail_from"));
  site.relay_local_from = uses("relay_local_from");
  site.promiscuous_relay = uses("promiscuous_relay");
  site.block_bad_helo = uses("block_bad_helo");
  site.require_rdns = uses("require_rdns");
  site.check_alt_names = uses("check_cert_altnames");
  auto issuer = rewrite_of(config, "CERT_REGEX_ISSUER");
  if (!issuer) return std::unexpected(std::move(issuer).error());
  site.issuer_rewrite = std::move(*issuer);
  auto subject = rewrite_of(config, "CERT_REGEX_SUBJECT");
  if (!subject) return std::unexpected(std::move(subject).error());
  site.subject_rewrite = std::move(*subject);
  return site;
}

}  // namespace signet::daemon
