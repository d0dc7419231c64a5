#include "daemon/site_policy.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "daemon/mailboxes.h"
#include "daemon/site_agent.h"
#include "signet/agent/mailer_arguments.h"
#include "signet/base/text.h"
#include "signet/conf/settings.h"

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

// All of them in the order of the file: the first that lists a client says so.
Result<std::vector<policy::BlockList>> block_lists_of(const conf::Config& config) {
  std::vector<policy::BlockList> lists;
  for (const auto& feature : config.features) {
    if (!conf::may_repeat(feature.name)) continue;
    auto list = policy::BlockList::make(feature.name, feature.args);
    if (!list) {
      return std::unexpected(std::move(list).error().within(
          fmt::format("{}: FEATURE {}", feature.at.to_string(), feature.name)));
    }
    lists.push_back(std::move(*list));
  }
  return lists;
}

// FEATURE(badmx, `expression').
Result<std::optional<policy::Pattern>> bad_mx_of(const conf::Feature* feature) {
  if (feature == nullptr) return std::nullopt;
  const bool given = !feature->args.empty() && !feature->args.front().empty();
  auto pattern =
      policy::Pattern::make(given ? feature->args.front() : R"(^(127\.|10\.|0\.0\.0\.0))");
  if (!pattern) {
    return std::unexpected(
        std::move(pattern).error().within(feature->at.to_string() + ": FEATURE(badmx)"));
  }
  return std::move(*pattern);
}

policy::LocalMail local_mail(const conf::Config& config) {
  policy::LocalMail local;
  local.hub = trim(config.macro("H"));
  local.relay = trim(config.macro("R"));
  local.luser_relay = trim(config.macro("L"));
  for (const auto& user : config.members("L")) local.users.push_back(to_lower(user));
  local.sticky = config.feature("stickyhost") != nullptr;
  local.preserve_luser_host = config.feature("preserve_luser_host") != nullptr;
  local.whole_names = config.feature("preserve_local_plus_detail") != nullptr;
  local.redirect = config.feature("redirect") != nullptr;
  return local;
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

policy::NameSet names_of_class(const conf::Config& config, std::string_view name) {
  policy::NameSet set;
  for (const auto& member : config.members(name)) set.add(member);
  return set;
}

// FEATURE(name, `action'); empty: not used.
std::string action_of(const conf::Feature* feature) {
  if (feature == nullptr) return {};
  return feature->args.empty() || feature->args.front().empty() ? "REJECT" : feature->args.front();
}

constexpr std::string_view kWellFormedId = R"(!^<[^<>]+@[^<>]+>(\s*\(.*\))?$)";

Result<policy::PatternRule> pattern_rule(std::string_view pattern, std::string action,
                                         std::string name) {
  auto made = policy::Pattern::make(pattern);
  if (!made) return std::unexpected(std::move(made).error());
  return policy::PatternRule{std::move(*made), std::move(action), std::move(name)};
}

Result<policy::RewriteRule> rewrite_rule(const conf::PatternLine& line, std::string name) {
  auto made = policy::Pattern::make(line.pattern);
  if (!made) return std::unexpected(std::move(made).error());
  if (auto fits = made->check_replacement(line.action); !fits) {
    return std::unexpected(std::move(fits).error());
  }
  return policy::RewriteRule{std::move(*made), line.action, std::move(name)};
}

// Null: the site has no patterns.
Result<std::shared_ptr<const policy::PatternRules>> patterns_of(const conf::Config& config) {
  using About = conf::PatternLine::About;
  const conf::Feature* message_id = config.feature("require_message_id");
  if (config.patterns.empty() && message_id == nullptr) return nullptr;
  auto rules = std::make_shared<policy::PatternRules>();
  for (const auto& line : config.patterns) {
    std::string name = line.macro + " " + line.at.to_string();
    if (line.about == About::required_header) {
      rules->required.push_back({line.header, line.action, std::move(name)});
      continue;
    }
    if (line.about == About::sender_rewrite || line.about == About::recipient_rewrite) {
      auto rewrite = rewrite_rule(line, std::move(name));
      if (!rewrite) {
        return std::unexpected(
            std::move(rewrite).error().within(line.at.to_string() + ": " + line.macro));
      }
      (line.about == About::sender_rewrite ? rules->sender_rewrites : rules->recipient_rewrites)
          .push_back(std::move(*rewrite));
      continue;
    }
    auto rule = pattern_rule(line.pattern, line.action, std::move(name));
    if (!rule) {
      return std::unexpected(
          std::move(rule).error().within(line.at.to_string() + ": " + line.macro));
    }
    switch (line.about) {
      case About::header:
        rules->headers.push_back({line.header, std::move(*rule)});
        break;
      case About::sender:
        rules->senders.push_back(std::move(*rule));
        break;
      case About::recipient:
        rules->recipients.push_back(std::move(*rule));
        break;
      case About::helo:
        rules->helos.push_back(std::move(*rule));
        break;
      case About::client:
        rules->clients.push_back(std::move(*rule));
        break;
      case About::required_header:
      case About::sender_rewrite:
      case About::recipient_rewrite:
        break;
    }
  }
  if (message_id != nullptr) {
    std::string name = "FEATURE(require_message_id) " + message_id->at.to_string();
    auto form = pattern_rule(kWellFormedId, action_of(message_id), name);
    if (!form) return std::unexpected(std::move(form).error());
    rules->headers.push_back({"message-id", std::move(*form)});
    rules->required.push_back({"message-id", action_of(message_id), std::move(name)});
  }
  if (rules->required.size() > policy::kMostRequiredHeaders) {
    return permanent(config.file + ": too many REQUIRE_HEADER");
  }
  return rules;
}

// Asks as the agent does before it runs a program.
std::function<bool(std::string_view, std::string_view, std::string_view)> option_finder(
    const conf::Config& config) {
  std::map<std::string, agent::MailerProgram, std::less<>> programs;
  for (const auto& mailer : config.mailers) {
    if (mailer.is_program()) programs.emplace(mailer.name, site_program(mailer));
  }
  if (programs.empty()) return {};
  return [programs = std::move(programs)](std::string_view mailer, std::string_view host,
                                          std::string_view user) {
    const auto found = programs.find(mailer);
    if (found == programs.end()) return false;
    return !agent::mailer_arguments(found->second, agent::parts_for(found->second, host, user));
  };
}

}  // namespace

bool has_argument(const conf::Feature* feature, std::string_view word) {
  return feature != nullptr && std::ranges::any_of(feature->args, [&](const std::string& argument) {
           return iequals(argument, word);
         });
}

std::vector<std::string> program_mailers(const conf::Config& config) {
  std::vector<std::string> names;
  for (const auto& mailer : config.mailers) {
    if (mailer.is_program()) names.push_back(mailer.name);
  }
  return names;
}

policy::AccessOptions access_options(const conf::Config& config) {
  const conf::Feature* access = config.feature("access_db");
  return {.skip = has_argument(access, "skip"),
          .lookup_dot_domain = has_argument(access, "lookupdotdomain") ||
                               config.feature("lookupdotdomain") != nullptr,
          .relay_to_full_address = has_argument(access, "relaytofulladdress"),
          .compressed_ipv6 = config.compressed_ipv6};
}

policy::RewriteOptions rewrite_options(const conf::Config& config) {
  const auto has = [&config](std::string_view name) { return config.feature(name) != nullptr; };
  const auto members = [&config](std::string_view name) { return names_of_class(config, name); };
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
  const conf::Mailer* local = config.local_mailer();
  options.local_by_lmtp = has("local_lmtp") || (local != nullptr && speaks_lmtp(*local));
  if (const auto* always = config.feature("always_add_domain"); always != nullptr) {
    options.always_add_domain = true;
    if (!always->args.empty()) options.added_domain = always->args.front();
  }
  options.generics_domains = members("G");
  options.generics_entire_domain = has("generics_entire_domain");
  return options;
}

Result<std::shared_ptr<const policy::LdapRouting>> ldap_routing_of(const conf::Config& config,
                                                                   const MapOpener& maps) {
  const conf::Feature* feature = config.feature("ldap_routing");
  if (feature == nullptr) return nullptr;
  auto hosts = maps.open_line(conf::kLdapRoutingHosts);
  if (!hosts) return std::unexpected(std::move(hosts).error());
  auto addresses = maps.open_line(conf::kLdapRoutingAddresses);
  if (!addresses) return std::unexpected(std::move(addresses).error());
  // The third argument and those behind it, as far as they are given.
  const auto argument = [&](std::size_t i) {
    return i < feature->args.size() ? feature->args[i] : std::string();
  };
  const std::string unknown = argument(2);
  const std::string detail = argument(3);
  auto routing = std::make_shared<policy::LdapRouting>();
  routing->hosts = std::move(*hosts);
  routing->addresses = std::move(*addresses);
  routing->domains = names_of_class(config, "LDAPRoute");
  routing->equivalents = names_of_class(config, "LDAPRouteEquiv");
  routing->equivalent_name = to_lower(config.macro("M"));
  routing->must_exist = !unknown.empty() && unknown != "passthru";
  routing->sender_must_exist = unknown == "sendertoo";
  routing->whole_domains = argument(4).empty();
  if (detail == "strip") routing->detail = policy::LdapRouting::Detail::strip;
  if (detail == "preserve") routing->detail = policy::LdapRouting::Detail::preserve;
  return routing;
}

Result<std::shared_ptr<const policy::BestMx>> best_mx_of(const conf::Config& config,
                                                         const MapOpener& maps) {
  const conf::Feature* feature = config.feature("bestmx_is_local");
  if (feature == nullptr) return nullptr;
  table::Spec spec{.type = "dns", .delimiter = " "};
  spec.dns.type = table::kBestMx;
  auto hosts = maps.open_spec(spec);
  if (!hosts) return std::unexpected(std::move(hosts).error());
  auto best = std::make_shared<policy::BestMx>();
  best->hosts = std::move(*hosts);
  const bool limited = !feature->args.empty() && !feature->args.front().empty();
  if (limited) best->domains = names_of_class(config, "B");
  return best;
}

Result<policy::SiteOptions> site_policy(const conf::Config& config, const Names& names) {
  const auto uses = [&](std::string_view feature) { return config.feature(feature) != nullptr; };
  policy::SiteOptions site;
  if (!config.macro("L").empty() && !(config.macro("H") + config.macro("R")).empty()) {
    return permanent(
        "LUSER_RELAY beside MAIL_HUB or LOCAL_RELAY: the hub knows who is nobody; choose one");
  }
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
  site.local_mail = local_mail(config);
  site.program_mailers = program_mailers(config);
  site.is_option = option_finder(config);
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
  site.use_client_ptr = uses("use_client_ptr");
  auto lists = block_lists_of(config);
  if (!lists) return std::unexpected(std::move(lists).error());
  site.block_lists = std::move(*lists);
  auto bad_mx = bad_mx_of(config.feature("badmx"));
  if (!bad_mx) return std::unexpected(std::move(bad_mx).error());
  site.bad_mx = std::move(*bad_mx);
  site.relay_based_on_mx = uses("relay_based_on_MX");
  site.loose_relay_check = uses("loose_relay_check");
  site.compat_check = uses("compat_check");
  site.check_alt_names = uses("check_cert_altnames");
  auto issuer = rewrite_of(config, "CERT_REGEX_ISSUER");
  if (!issuer) return std::unexpected(std::move(issuer).error());
  site.issuer_rewrite = std::move(*issuer);
  auto subject = rewrite_of(config, "CERT_REGEX_SUBJECT");
  if (!subject) return std::unexpected(std::move(subject).error());
  site.subject_rewrite = std::move(*subject);
  site.protect_local_senders = action_of(config.feature("protect_local_senders"));
  auto patterns = patterns_of(config);
  if (!patterns) return std::unexpected(std::move(patterns).error());
  site.patterns = std::move(*patterns);
  return site;
}

}  // namespace signet::daemon
