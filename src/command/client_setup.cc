#include "command/client_setup.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/conf/load.h"
#include "signet/daemon/inspect.h"
#include "signet/tls/context.h"

namespace signet::command {
namespace {

constexpr const char* kSubmitCf = "/etc/mail/submit.cf";
constexpr const char* kQueueFolder = "/var/spool/mqueue-client";
constexpr std::uint16_t kSmtp = 25;

Result<conf::Config> read_configuration(const Submission& order) {
  auto source = order.source;
  if (!order.named_file && order.part != Part::daemon) {
    source.file = kSubmitCf;
    std::error_code failed;
    if (!std::filesystem::exists(source.file, failed)) {
      auto loaded = conf::parse("Mlocal, P=[IPC], A=TCP $h\n", "built in", source.overrides);
      if (!loaded) return std::unexpected(std::move(loaded).error());
      loaded->config.queue_directory.clear();
      return std::move(loaded->config);
    }
  }
  auto loaded = daemon::load_configuration(source);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  // The daemon's own file: its queue is not for us.
  if (loaded->config.feature("msp") == nullptr) loaded->config.queue_directory.clear();
  return std::move(loaded->config);
}

struct Place {
  std::string host;
  std::uint16_t port = kSmtp;
};

// {MTAHost} of FEATURE(`msp'), or where the daemon of this configuration listens.
Place place_of_mta(const conf::Config& config) {
  if (const std::string host = config.macro("MTAHost"); !host.empty()) {
    const conf::Mailer* relay = config.mailer("relay");
    return {host, relay != nullptr ? relay->port : kSmtp};
  }
  for (const auto& port : config.daemon_ports) {
    if (config.feature("msp") != nullptr || port.port == 0) continue;
    if (port.has(conf::Modifier::implicit_tls)) continue;
    const bool any = port.address.empty() || port.address == "0.0.0.0" || port.address == "::";
    return {any ? "[127.0.0.1]" : port.address, port.port};
  }
  return {"[127.0.0.1]", kSmtp};
}

bool is_here(const std::vector<SocketAddress>& addresses) {
  return std::ranges::all_of(addresses, [](const SocketAddress& one) {
    const std::string text = one.ip.to_mail_string();
    return text.starts_with("127.") || iequals(text, "IPv6:::1");
  });
}

std::shared_ptr<const tls::Context> client_tls(const conf::Config& config) {
  tls::Options options;
  options.role = tls::Role::client;
  options.require_key_pair = false;
  options.ca_file = config.tls.ca_file;
  options.ca_path = config.tls.ca_path;
  options.cipher_list = config.tls.cipher_list;
  options.cipher_suites = config.tls.cipher_suites;
  return tls::make_context(options).context;
}

// Whose the files of the queue are, when root makes them: RunAsUser, else smmsp.
std::optional<clientqueue::Owner> queue_owner(const conf::Config& config) {
  if (geteuid() != 0) return std::nullopt;
  if (!config.run_as_user.empty()) {
    const auto user = daemon::engine_user(config);
    if (!user || user->uid == 0) return std::nullopt;
    return clientqueue::Owner{user->uid, user->gid};
  }
  const passwd* known = getpwnam("smmsp");
  if (known == nullptr) return std::nullopt;
  return clientqueue::Owner{known->pw_uid, known->pw_gid};
}

}  // namespace

std::string client_queue_folder(const conf::Config& config) {
  return config.queue_directory.empty() ? kQueueFolder : config.queue_directory;
}

Result<ClientSetup> client_setup(const Submission& order) {
  auto config = read_configuration(order);
  if (!config) return std::unexpected(std::move(config).error());
  ClientSetup setup;
  setup.config = std::move(*config);
  const auto& read = setup.config;
  const auto identity = daemon::host_identity(read);
  setup.outbox.host = identity.host;
  setup.outbox.version = identity.version;
  setup.outbox.reports_name_actual_recipient = !read.privacy.no_actual_recipient;
  setup.outbox.give_up_after = read.timeouts.queue_return;
  setup.queue_folder = client_queue_folder(read);

  const Place place = place_of_mta(read);
  auto& mta = setup.outbox.mta;
  mta.name = place.host;
  mta.session =
      std::make_shared<const smtp::ClientOptions>(daemon::client_options(read, identity.host));
  if (const auto& first = read.timeouts.iconnect) mta.connect_timeout = *first;
  // A name that DNS does not know just now is like a host that does not answer: mail waits.
  if (auto addresses = submit::addresses_of(place.host, place.port)) {
    mta.addresses = std::move(*addresses);
  }
  if (!is_here(mta.addresses)) mta.tls = client_tls(read);

  auto addresses = daemon::outgoing_addresses(read);
  if (!addresses) return std::unexpected(std::move(addresses).error());
  setup.addresses = std::move(*addresses);
  setup.owner = queue_owner(read);
  return setup;
}

std::unique_ptr<maillog::Log> open_client_log(const ClientSetup& setup, const std::string& tag) {
  maillog::LogOptions options;
  options.level = static_cast<int>(setup.config.log_level);
  options.ident = tag;
  options.host = setup.outbox.host.substr(0, setup.outbox.host.find('.'));
  using Kind = conf::LogTarget::Kind;
  const auto& target = setup.config.log_target;
  if (target.kind == Kind::standard_error)
    options.target.kind = maillog::TargetKind::standard_error;
  if (target.kind == Kind::file) options.target = {maillog::TargetKind::file, target.file};
  // Nobody waits for a syslog that is not there.
  if (target.kind == Kind::syslog && access(options.syslog_socket.c_str(), F_OK) != 0)
    return nullptr;
  auto log = maillog::Log::open(std::move(options));
  return log ? std::move(*log) : nullptr;
}

}  // namespace signet::command
