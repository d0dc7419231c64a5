// What the daemon would decide about a client, a sender and a recipient, for who asks without a
// daemon. What it would ask DNS first is asked, and the answers are told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command/inquiry.h"
#include "signet/mail/facts.h"
#include "signet/policy/server.h"

namespace signet::command {

struct ClientFacts {
  mail::PeerFacts peer;
  mail::TlsFacts tls;
  mail::AuthFacts auth;
  std::string helo;
  std::string sender;  // of MAIL, when it was taken; without brackets
  policy::DomainState domain = policy::DomainState::resolves;  // of the sender
};

// An empty name: DNS has none.
[[nodiscard]] mail::PeerFacts peer_of(const IpAddress& address, std::string name);
// "OK", "FAIL" and the like, in any case.
[[nodiscard]] std::optional<mail::Verify> verify_named(std::string_view word);

class Checks final {
 public:
  using Tell = std::function<void(const std::string&)>;
  // `options` may differ from the site's in its domains. All outlives this.
  Checks(Inquiry& inquiry, const policy::Access& access, const policy::SiteOptions& options,
         ClientFacts client, Tell tell);

  [[nodiscard]] policy::Verdict connect();
  // MAIL; it is the client's sender from then on.
  [[nodiscard]] policy::Verdict sender(const std::string& address);
  [[nodiscard]] policy::Verdict recipient(const std::string& address);

  [[nodiscard]] const ClientFacts& client() const { return client_; }
  [[nodiscard]] const policy::Access& access() const { return access_; }
  [[nodiscard]] const policy::SiteOptions& options() const { return options_; }
  [[nodiscard]] policy::ClientView view() const;

 private:
  void ask_lists(const std::vector<std::string>& questions);
  [[nodiscard]] policy::MailHosts ask_hosts(const std::string& domain,
                                            receive::MailHostSearch::Depth depth);

  Inquiry& inquiry_;
  const policy::Access access_;
  const policy::SiteOptions& options_;
  ClientFacts client_;
  Tell tell_;
  std::vector<policy::ListAnswer> lists_;
  policy::MailHosts sender_hosts_;
  policy::MailHosts recipient_hosts_;
};

}  // namespace signet::command
