#include "daemon/site_delivery.h"

#include <algorithm>
#include <utility>

#include "daemon/privileges.h"
#include "daemon/site_policy.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"

namespace signet::daemon {
namespace {

using conf::Config;

constexpr std::size_t kConnectionsPerHop = 20;
constexpr std::size_t kMostConnections = 10000;  // to all next hops

queue::RetryOptions retry_options(const Config& config,
                                  std::optional<std::chrono::seconds> queue_interval) {
  queue::RetryOptions retry;
  if (queue_interval) retry.first = *queue_interval;
  retry.least = config.min_queue_age;
  if (config.max_queue_age) retry.most = *config.max_queue_age;
  retry.first = std::max(retry.least, std::min(retry.first, retry.most));
  retry.expire = config.timeouts.queue_return;
  retry.expire_notices = config.timeouts.queue_return_dsn.value_or(retry.expire);
  retry.warn = config.timeouts.queue_warn;
  retry.urgent = {.expire = config.timeouts.queue_return_urgent,
                  .warn = config.timeouts.queue_warn_urgent};
  retry.non_urgent = {.expire = config.timeouts.queue_return_non_urgent,
                      .warn = config.timeouts.queue_warn_non_urgent};
  return retry;
}

// Shares a limit of the whole process among the loops; 0 stays "no limit".
std::size_t share(std::uint64_t limit, std::size_t loops) {
  return limit == 0 ? 0 : std::max<std::size_t>(1, static_cast<std::size_t>(limit) / loops);
}

net::Departure departure(const Config& config, const conf::ClientPort& port) {
  return {.from = std::nullopt,
          .traffic_class = config.traffic_class,
          .send_buffer = static_cast<int>(port.send_buffer),
          .receive_buffer = static_cast<int>(port.receive_buffer)};
}

// CLIENT_OPTIONS: a family that is not named is IPv4, unless the address says otherwise.
Result<void> take_client_ports(const Config& config, deliver::Options& options) {
  options.ipv4.departure = options.ipv6.departure = departure(config, {});
  for (const auto& port : config.client_ports) {
    deliver::Options::Outgoing way{.departure = departure(config, port),
                                   .auth = !port.has(conf::Modifier::no_auth),
                                   .starttls = !port.has(conf::Modifier::no_starttls)};
    bool v6 = port.family == conf::Family::inet6;
    if (!port.address.empty()) {
      auto& from = way.departure.from;
      from = IpAddress::parse(port.address);
      if (!from) {
        return permanent("ClientPortOptions: Addr=" + printable(port.address) +
                         " is no IP address");
      }
      if (port.family != conf::Family::unspecified && from->is_v6() != v6) {
        return permanent("ClientPortOptions: Addr=" + port.address + " is not of that Family");
      }
      v6 = from->is_v6();
    }
    (v6 ? options.ipv6 : options.ipv4) = way;
  }
  return {};
}

Result<std::optional<policy::NextHop>> next_hop(std::string_view option, const std::string& text,
                                                std::uint16_t port) {
  if (text.empty()) return std::nullopt;
  auto hop = policy::parse_next_hop(text, port);
  if (!hop) return permanent(std::string(option) + ": " + printable(text) + " is no host");
  return hop;
}

Result<deliver::SearchOptions> search_options(const Config& config, std::uint16_t port) {
  deliver::SearchOptions search;
  auto fallback = next_hop("FallbackMXhost", config.fallback_mx, port);
  if (!fallback) return std::unexpected(std::move(fallback).error());
  search.fallback_mx = std::move(*fallback);
  auto smart_host = next_hop("FallbackSmartHost", config.fallback_smart_host, port);
  if (!smart_host) return std::unexpected(std::move(smart_host).error());
  search.fallback_smart_host = std::move(*smart_host);
  search.try_null_mx_list = config.try_null_mx_list;
  search.connect_only_to = config.connect_only_to;
  return search;
}

std::map<std::string, deliver::MailerLimits, std::less<>> mailer_limits(const Config& config) {
  std::map<std::string, deliver::MailerLimits, std::less<>> all;
  for (const auto& mailer : config.mailers) {
    auto& limits = all[mailer.name];
    limits.extended = mailer.flags.find('a') != std::string::npos;
    limits.expensive = config.hold_expensive && mailer.flags.find('e') != std::string::npos;
    limits.max_bytes = mailer.max_bytes;
    if (mailer.max_recipients != 0) limits.recipients = mailer.max_recipients;
    if (mailer.max_messages != 0) limits.messages = mailer.max_messages;
  }
  return all;
}

// 0: the mailer is not there.
std::uint16_t mailer_port(const Config& config, std::string_view name) {
  const conf::Mailer* mailer = config.mailer(name);
  return mailer != nullptr ? mailer->port : 0;
}

}  // namespace

// ErrorHeader: a text, or a file. As in sendmail one that cannot be read is no reason not to start.
std::string error_header(const Config& config, const Names& names, maillog::Lines& remarks) {
  constexpr std::size_t kMost = 8192;
  if (!config.error_header.starts_with('/')) {
    return expand_names(config, names, config.error_header);
  }
  auto text = conf::read_text(config.error_header);
  if (!text) {
    remarks.push_back(maillog::remark(maillog::Priority::warning,
                                      "ErrorHeader: " + std::move(text).error().what));
    return {};
  }
  return expand_names(config, names, trim(std::string_view(*text).substr(0, kMost)));
}

Result<void> fill_delivery(const Config& config, const SiteParts& parts,
                           deliver::Options& options) {
  if (const auto port = mailer_port(config, "esmtp"); port != 0) options.port = port;
  options.smtp_port = mailer_port(config, "smtp");
  options.smtp8_port = mailer_port(config, "smtp8");
  options.relay_port = mailer_port(config, "relay");
  if (auto name = config.macro("SMTP_MAILER"); !name.empty()) options.smtp_mailer = std::move(name);
  if (auto name = config.macro("RELAY_MAILER"); !name.empty())
    options.relay_mailer = std::move(name);
  options.connect_timeout = config.timeouts.connect;
  options.first_connect_timeout = config.timeouts.iconnect;
  options.all_connects_timeout = config.timeouts.aconnect;
  auto search = search_options(config, options.port);
  if (!search) return std::unexpected(std::move(search).error());
  options.search = std::move(*search);
  options.mailers = mailer_limits(config);
  options.idle_timeout = config.connection_cache_timeout;
  if (const auto most = config.connection_cache_size) {
    options.idle_connections = *most == 0 ? 0 : share(*most, parts.loops);
  }
  if (const auto most = config.max_queue_run_size; most != 0) {
    options.most_in_run = share(most, parts.loops);
  }
  options.connections_per_hop =
      config.single_thread_delivery ? 1 : share(kConnectionsPerHop, parts.loops);
  // The greater part of the descriptors is for clients, files and maps.
  options.connections =
      share(std::clamp<std::size_t>(descriptor_limit() / 3, 1, kMostConnections), parts.loops);
  options.retry = retry_options(config, parts.queue_interval);
  const bool wait = config.delivery_mode == conf::DeliveryMode::queue_only ||
                    config.delivery_mode == conf::DeliveryMode::deferred;
  options.mode = wait ? deliver::Mode::queue_only : deliver::Mode::at_once;
  // Who only queues and names no interval waits for somebody to ask for a queue run.
  options.run_queue = !wait || parts.queue_interval.has_value();
  options.connections_per_address =
      config.single_thread_delivery ? 1 : std::max<std::size_t>(1, options.connections / 8);
  if (const auto name = config.macro("n"); !name.empty()) options.mailer_name = name;
  options.double_bounce = config.double_bounce_address;
  options.postmaster_copy = config.postmaster_copy;
  options.dead_letters = config.dead_letter_drop;
  options.receipts = !config.privacy.no_receipts;
  options.returns_body = !config.privacy.no_body_return;
  options.reports_name_actual_recipient = !config.privacy.no_actual_recipient;
  return take_client_ports(config, options);
}

}  // namespace signet::daemon
