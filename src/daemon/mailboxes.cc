#include "daemon/mailboxes.h"

#include <utility>

#include "signet/base/text.h"

namespace signet::daemon {
namespace {

bool has_flag(const conf::Mailer& mailer, char flag) {
  return mailer.flags.find(flag) != std::string::npos;
}

// "FILE /path/of/socket" or "TCP host port".
std::optional<policy::NextHop> lmtp_hop(std::string_view arguments) {
  const auto parts = words(arguments);
  if (parts.size() == 2 && parts[0] == "FILE" && parts[1].starts_with('/')) {
    return policy::NextHop{.host = std::string(parts[1]), .use_mx = false, .port = 0, .lmtp = true};
  }
  if (parts.size() < 2 || parts.size() > 3 || parts[0] != "TCP") return std::nullopt;
  const auto port = parts.size() == 2    ? std::optional<std::uint64_t>(25)
                    : parts[2] == "lmtp" ? std::optional<std::uint64_t>(24)
                                         : parse_number(parts[2]);
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  auto hop = policy::parse_next_hop(parts[1], static_cast<std::uint16_t>(*port));
  if (!hop) return std::nullopt;
  hop->use_mx = false;
  hop->lmtp = true;
  return hop;
}

std::shared_ptr<const table::Table> accounts_of(
    const std::shared_ptr<const agent::LocalUsers>& users) {
  const auto ask = [users](const std::string& user) -> Result<std::optional<std::string>> {
    auto owner = users->find(user);
    if (!owner) return std::unexpected(std::move(owner).error());
    if (!*owner) return std::nullopt;
    return std::move((*owner)->mailbox);
  };
  return table::make_asked_table("accounts", ask);
}

}  // namespace

bool speaks_lmtp(const conf::Mailer& mailer) {
  return (mailer.path == "[IPC]" || mailer.path == "[LPC]") && has_flag(mailer, 'z');
}

bool has_users_of_this_host(const conf::Config& config) {
  const conf::Mailer* local = config.local_mailer();
  const bool elsewhere = local != nullptr && (speaks_lmtp(*local) || local->is_program());
  return !elsewhere || has_flag(*local, 'w');
}

Result<std::shared_ptr<const policy::Mailboxes>> mailboxes_of(
    const conf::Config& config, const std::shared_ptr<const agent::LocalUsers>& users) {
  const conf::Mailer* mailer = config.local_mailer();
  if (mailer == nullptr || (!speaks_lmtp(*mailer) && !mailer->is_program())) return nullptr;
  auto mailboxes = std::make_shared<policy::Mailboxes>();
  mailboxes->mailer = mailer->name;
  mailboxes->asks_relays = has_flag(*mailer, '5');
  if (mailboxes->asks_relays && !trim(config.macro("L")).empty()) {
    mailboxes->accounts = accounts_of(users);
  }
  if (mailer->is_program()) return mailboxes;
  mailboxes->hop = lmtp_hop(mailer->arguments);
  if (!mailboxes->hop) {
    return permanent(mailer->at.to_string() + ": mailer " + mailer->name + ": A=" +
                     printable(mailer->arguments) + " is neither FILE /path nor TCP host port");
  }
  return mailboxes;
}

}  // namespace signet::daemon
