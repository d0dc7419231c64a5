#include "signet/daemon/site.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/alias_maps.h"
#include "daemon/class_maps.h"
#include "daemon/header_forms.h"
#include "daemon/help_file.h"
#include "daemon/host_load.h"
#include "daemon/mailboxes.h"
#include "daemon/map_dns.h"
#include "daemon/maps.h"
#include "daemon/names.h"
#include "daemon/privileges.h"
#include "daemon/pseudo_domains.h"
#include "daemon/site_agent.h"
#include "daemon/site_auth.h"
#include "daemon/site_delivery.h"
#include "daemon/site_policy.h"
#include "daemon/site_tls.h"
#include "signet/agent/local_users.h"
#include "signet/base/text.h"
#include "signet/daemon/inspect.h"
#include "signet/policy/ldap_routing.h"

namespace signet::daemon {
namespace {

using conf::Config;

constexpr std::uint64_t kBlockBytes = 1024;  // of MinFreeBlocks

smtp::ServerOptions session_options(const Config& config, const conf::DaemonPort& port,
                                    const std::string& host, bool tls) {
  using conf::Modifier;
  smtp::ServerOptions options;
  options.host = host;
  options.implicit_tls = port.has(Modifier::implicit_tls);
  options.offer_starttls = tls && !options.implicit_tls && !port.has(Modifier::no_starttls);
  options.require_auth = port.has(Modifier::require_auth);
  options.need_helo = config.privacy.need_mail_helo;
  options.need_helo_to_verify = config.privacy.need_vrfy_helo;
  options.need_helo_to_expand = config.privacy.need_expn_helo;
  options.offer_expand = !config.privacy.no_expn;
  options.offer_dsn = !config.privacy.no_receipts && config.mime_errors;
  options.least_deliver_by = config.least_deliver_by;
  options.bogus_helo = config.bogus_helo;
  options.most_idle_commands = static_cast<int>(config.max_noop_commands);
  options.refuse_verify = config.privacy.no_vrfy;
  options.filtered = !config.filters_of(port).empty();
  options.reject_nul = config.reject_nul;
  options.soft_bounce = config.soft_bounce;
  options.max_message_bytes = config.max_message_bytes;
  options.max_recipients = config.max_recipients;
  options.bad_recipient_throttle = static_cast<int>(config.bad_rcpt_throttle);
  options.bad_recipient_delay = config.bad_rcpt_delay;
  options.bad_recipient_shutdown = static_cast<int>(config.bad_rcpt_shutdown);
  options.bad_recipient_shutdown_good = static_cast<int>(config.bad_rcpt_shutdown_good);
  options.command_timeout = config.timeouts.command;
  options.data_timeout = config.timeouts.datablock;
  options.starttls_timeout = config.timeouts.starttls;
  options.auth_timeout = config.timeouts.auth;
  return options;
}

// FEATURE(check_other, `expression'): lines that are no commands. Empty: the feature is not used.
Result<std::function<bool(std::string_view)>> hostile_lines(const Config& config) {
  const conf::Feature* feature = config.feature("check_other");
  if (feature == nullptr) return nullptr;
  const bool given = !feature->args.empty() && !feature->args.front().empty();
  auto pattern = policy::Pattern::make(given ? feature->args.front() : R"(^[[:print:]]+ *:)");
  if (!pattern) {
    return std::unexpected(
        std::move(pattern).error().within(feature->at.to_string() + ": FEATURE(check_other)"));
  }
  return [pattern = std::move(*pattern)](std::string_view line) { return pattern.matches(line); };
}

// Null: HELP shows the syntax of the commands. A file that cannot be read is worth a line only.
std::shared_ptr<const std::vector<smtp::HelpLine>> help_lines(const Config& config,
                                                              const Names& names,
                                                              maillog::Lines& remarks) {
  if (config.help_file.empty()) return nullptr;
  auto lines = read_help_file(config.help_file, names);
  if (lines) return std::make_shared<const std::vector<smtp::HelpLine>>(std::move(*lines));
  remarks.push_back(maillog::remark(maillog::Priority::warning, "HelpFile: " + lines.error().what));
  return nullptr;
}

receive::MailFilters filters_of(const Config& config, const conf::DaemonPort& port) {
  receive::MailFilters filters;
  for (const auto& name : config.filters_of(port)) {
    const auto* filter = config.mail_filter(name);  // conf has seen to it that there is one
    filters.push_back(std::make_shared<const receive::MailFilter>(receive::MailFilter{
        .name = filter->name,
        .path = filter->path,
        .host = filter->host,
        .address = filter->address,
        .v6 = filter->v6,
        .port = filter->port,
        .on_failure = static_cast<receive::MailFilter::OnFailure>(filter->on_failure),
        .connect = filter->connect,
        .patience = {.send = filter->send, .read = filter->read, .end = filter->end}}));
  }
  return filters;
}

milter::MacroLists macro_lists(const conf::FilterMacros& macros) {
  milter::MacroLists lists;
  const auto put = [&](milter::Stage stage, const std::string& names) {
    lists[static_cast<std::size_t>(stage)] = milter::parse_macro_names(names);
  };
  put(milter::Stage::connect, macros.connect);
  put(milter::Stage::helo, macros.helo);
  put(milter::Stage::mail, macros.mail);
  put(milter::Stage::rcpt, macros.rcpt);
  put(milter::Stage::data, macros.data);
  put(milter::Stage::end_of_header, macros.end_of_header);
  put(milter::Stage::end_of_message, macros.end_of_message);
  return lists;
}

mail::WithoutRecipients without_recipients(conf::NoRecipientAction action) {
  using conf::NoRecipientAction;
  switch (action) {
    case NoRecipientAction::none:
      break;
    case NoRecipientAction::add_to:
      return mail::WithoutRecipients::to;
    case NoRecipientAction::add_apparently_to:
      return mail::WithoutRecipients::apparently_to;
    case NoRecipientAction::add_bcc:
      return mail::WithoutRecipients::bcc;
    case NoRecipientAction::add_to_undisclosed:
      return mail::WithoutRecipients::undisclosed;
  }
  return mail::WithoutRecipients::none;
}

// QueueLA, QueueLowMem. Empty: mail is always tried at once.
std::function<bool()> only_queues(const Config& config, std::shared_ptr<MemoryWatch> memory) {
  if (config.queue_load == 0 && config.queue_low_memory == 0) return nullptr;
  return [load = static_cast<double>(config.queue_load), least = config.queue_low_memory,
          memory = std::move(memory)] {
    return (load > 0 && load_average() >= load) || (least > 0 && memory->is_below(least));
  };
}

receive::Options::Limit limit_of(const conf::Feature* feature) {
  return {.used = feature != nullptr,
          .at_once = has_argument(feature, "nodelay"),
          .terminate = has_argument(feature, "terminate")};
}

// Timeout.resolver.retrans and .retry
Duration look_up_patience(const conf::Timeouts& timeouts, Duration usual) {
  constexpr std::chrono::seconds kRetransmission{5};
  constexpr std::uint64_t kTries = 4;
  if (!timeouts.resolver_retrans && !timeouts.resolver_retry) return usual;
  const auto each = timeouts.resolver_retrans.value_or(kRetransmission);
  const auto tries = timeouts.resolver_retry.value_or(kTries);
  return std::max<std::chrono::seconds>(each * static_cast<std::int64_t>(tries),
                                        std::chrono::seconds(1));
}

using Tables = std::vector<std::shared_ptr<const table::Table>>;

bool any_waits(const Tables& tables, const Tables& more) {
  const auto waits = [](const auto& table) { return table != nullptr && table->waits(); };
  return std::ranges::any_of(tables, waits) || std::ranges::any_of(more, waits);
}

}  // namespace

dns::ResolverOptions resolver_options(const Config& config) {
  dns::ResolverOptions options;
  if (const auto& server = config.resolver) {
    options.server = server->ip.to_string() + "@" + std::to_string(server->port);
  }
  options.patience = look_up_patience(config.timeouts, options.patience);
  return options;
}

Result<std::shared_ptr<const Site>> make_site(std::shared_ptr<const Config> config,
                                              const SiteParts& parts) {
  auto site = std::make_shared<Site>();
  auto whole = with_class_maps(std::move(config), parts.maps, agent::Identity(), site->remarks);
  if (!whole) return std::unexpected(std::move(whole).error());
  config = std::move(*whole);
  const auto names = std::make_shared<const Names>(make_names(*config));
  site->config = config;
  site->host = names->host;
  site->version = names->version + "/" + names->cf_version;

  table::Upkeep upkeep = parts.maps;
  upkeep.ask_dns = dns_of_maps(*config);
  const MapOpener maps(*config, *names, upkeep);
  auto access = maps.open("access_db");
  if (!access) return std::unexpected(std::move(access).error());
  auto mailertable = maps.open("mailertable");
  if (!mailertable) return std::unexpected(std::move(mailertable).error());
  auto sendertable = maps.open("sendertable");
  if (!sendertable) return std::unexpected(std::move(sendertable).error());
  auto virtusertable = maps.open("virtusertable");
  if (!virtusertable) return std::unexpected(std::move(virtusertable).error());
  auto genericstable = maps.open("genericstable");
  if (!genericstable) return std::unexpected(std::move(genericstable).error());
  auto domaintable = maps.open("domaintable");
  if (!domaintable) return std::unexpected(std::move(domaintable).error());
  auto bitdomain = maps.open("bitdomain");
  if (!bitdomain) return std::unexpected(std::move(bitdomain).error());
  auto uucpdomain = maps.open("uucpdomain");
  if (!uucpdomain) return std::unexpected(std::move(uucpdomain).error());
  const auto domains = join_domains({*bitdomain, *uucpdomain, *domaintable});
  auto authinfo = maps.open("authinfo");
  if (!authinfo) return std::unexpected(std::move(authinfo).error());
  auto opened_users = agent::LocalUsers::open(config->mailbox_users);
  if (!opened_users) return std::unexpected(std::move(opened_users).error());
  const auto users = std::make_shared<const agent::LocalUsers>(std::move(*opened_users));
  const TlsContexts tls = make_tls(*config, parts, site->remarks);
  site->tls = tls;
  auto policy = site_policy(*config, *names);
  if (!policy) return std::unexpected(std::move(policy).error());
  auto sender_login = maps.open("sender_login");
  if (!sender_login) return std::unexpected(std::move(sender_login).error());
  policy->sender_login = std::move(*sender_login);
  auto directory = ldap_routing_of(*config, maps);
  if (!directory) return std::unexpected(std::move(directory).error());
  policy->ldap_routing = *directory;
  auto best_mx = best_mx_of(*config, maps);
  if (!best_mx) return std::unexpected(std::move(best_mx).error());
  policy->best_mx = *best_mx;
  auto mailboxes = mailboxes_of(*config, users);
  if (!mailboxes) return std::unexpected(std::move(mailboxes).error());
  policy->mailboxes = *mailboxes;
  const policy::SiteOptions& site_options = *policy;

  auto receiving = std::make_shared<receive::Options>();
  receiving->host = site->host;
  receiving->version = site->version;
  receiving->mailer = mailer_address(*config, site->host);
  receiving->forms = header_forms(config, names);
  receiving->site = site_options;
  receiving->access_map = *access;
  receiving->access = access_options(*config);
  receiving->domaintable = domains;
  receiving->virtusertable = *virtusertable;
  receiving->mailertable = *mailertable;
  auto aliases = open_aliases(*config, maps, site->remarks);
  if (!aliases) return std::unexpected(std::move(aliases).error());
  receiving->aliases = *aliases;
  receiving->max_alias_recursion = static_cast<std::size_t>(config->max_alias_recursion);
  receiving->greeting = [config, names](const mail::PeerFacts& peer, WallTime now) {
    return greeting_text(*config, *names, peer, now);
  };
  receiving->is_local_user = [users,
                              all = !has_users_of_this_host(*config)](std::string_view user) {
    if (all) return true;
    const auto owner = users->find(user);
    return !owner || owner->has_value();  // if nobody can say now, the agent asks again
  };
  receiving->user_lookup_blocks = config->mailbox_users.kind == conf::MailboxUsers::Kind::passwd;
  fill_auth(*config, site->host, parts.sasl, *receiving, site->remarks);
  receiving->tls_features = config->feature("tls_session_features") != nullptr;
  if (const conf::Feature* pause = config->feature("greet_pause"); pause != nullptr) {
    receiving->asks_greet_pause = true;
    if (!pause->args.empty()) {
      receiving->greet_pause =
          std::chrono::milliseconds(parse_number(pause->args.front()).value_or(0));
    }
  }
  receiving->rate = limit_of(config->feature("ratecontrol"));
  receiving->connections = limit_of(config->feature("conncontrol"));
  receiving->rate_window = config->connection_rate_window;
  receiving->auth_warnings = config->privacy.auth_warnings;
  receiving->receipts_by_header = config->receipts_by_header;
  receiving->max_hops = static_cast<int>(config->max_hops);
  receiving->max_header_bytes = config->max_headers_bytes;
  receiving->min_free_bytes = config->min_free_blocks * kBlockBytes;
  receiving->most_a_second = static_cast<std::size_t>(config->connection_throttle);
  receiving->refuse_load = static_cast<double>(config->refuse_load);
  receiving->reject_log_interval = config->reject_log_interval;
  receiving->delay_load = static_cast<double>(config->delay_load);
  receiving->load_average = [] { return load_average(); };
  const auto memory = std::make_shared<MemoryWatch>(config->memory_resource);
  if (const auto least = config->refuse_low_memory; least > 0) {
    receiving->is_short_of_memory = [memory, least] { return memory->is_below(least); };
  }
  receiving->without_recipients = without_recipients(config->no_recipient_action);
  receiving->max_sessions = static_cast<std::size_t>(config->max_sessions);
  // Deliveries have a third; the rest is for files and maps.
  receiving->max_descriptors = descriptor_limit() / 2;
  receiving->filter_macros = macro_lists(config->filter_macros);
  receiving->filter_log_level =
      static_cast<int>(config->filter_log_level.value_or(config->log_level));
  receiving->smart_host = config->smart_host();
  receiving->site_macro = [config, names](std::string_view name) {
    return site_macro(*config, *names, name);
  };
  // DNS always does, the name service may.
  const bool policy_waits = *best_mx != nullptr ||
                            (*directory != nullptr && (*directory)->waits()) ||
                            (*mailboxes != nullptr && (*mailboxes)->accounts != nullptr);
  receiving->maps_wait = policy_waits || any_waits({*access, *virtusertable, *mailertable, domains,
                                                    site_options.sender_login},
                                                   *aliases);
  site->receive = std::move(receiving);

  const auto help = help_lines(*config, *names, site->remarks);
  auto hostile = hostile_lines(*config);
  if (!hostile) return std::unexpected(std::move(hostile).error());
  for (const auto& port : config->daemon_ports) {
    auto made = std::make_shared<receive::Port>();
    made->name = port.name;
    made->auth = !port.has(conf::Modifier::no_auth);
    made->tls = tls.server;
    made->address = port.address;
    made->filters = filters_of(*config, port);
    auto session = session_options(*config, port, site->host, tls.server != nullptr);
    session.help = help;
    session.is_hostile = *hostile;
    made->session = std::make_shared<const smtp::ServerOptions>(std::move(session));
    if (made->session->implicit_tls && !tls.server) {
      site->remarks.push_back(
          maillog::remark(maillog::Priority::error,
                          "daemon=" + port.name + ": M=s needs a certificate; port is not served"));
    }
    site->ports.push_back(std::move(made));
  }

  auto delivering = std::make_shared<deliver::Options>();
  delivering->host = site->host;
  delivering->version = site->version;
  delivering->site = site_options;
  delivering->access_map = *access;
  delivering->access = access_options(*config);
  delivering->mailertable = *mailertable;
  delivering->sendertable = *sendertable;
  delivering->virtusertable = *virtusertable;
  delivering->aliases = *aliases;
  delivering->max_alias_recursion = static_cast<std::size_t>(config->max_alias_recursion);
  delivering->authinfo = *authinfo;
  delivering->maps_wait =
      policy_waits || any_waits({*access, *virtusertable, *mailertable, *sendertable, *authinfo,
                                 *genericstable, domains},
                                *aliases);
  delivering->smart_host = config->smart_host();
  delivering->rewriting = rewrite_options(*config);
  delivering->rewriting.generics = *genericstable;
  delivering->rewriting.domains = domains;
  delivering->tls = tls.client;
  delivering->fall_back_to_clear = config->tls.fall_back_to_clear;
  delivering->tls_features = config->feature("tls_session_features") != nullptr;
  delivering->session =
      std::make_shared<const smtp::ClientOptions>(client_options(*config, site->host));
  delivering->own_realm = config->auth.realm.empty() ? site->host : config->auth.realm;
  delivering->auth_mechanisms = config->auth.mechanisms;
  if (auto filled = fill_delivery(*config, parts, *delivering); !filled) {
    return std::unexpected(std::move(filled).error());
  }
  delivering->only_queues = only_queues(*config, memory);
  if (config->feature("local_procmail") != nullptr && !local_program(*config)) {
    const auto* mailer = config->mailer("local");
    site->remarks.push_back(maillog::remark(
        maillog::Priority::info,
        "FEATURE(local_procmail): " + (mailer != nullptr ? mailer->path : std::string()) +
            " is not there: mail is put into mailboxes without it"));
  }
  delivering->error_header = error_header(*config, *names, site->remarks);
  site->deliver = std::move(delivering);
  return site;
}

}  // namespace signet::daemon
