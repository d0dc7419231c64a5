#include "command/checks.h"

#include <utility>

#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::command {

using Depth = receive::MailHostSearch::Depth;

mail::PeerFacts peer_of(const IpAddress& address, std::string name) {
  mail::PeerFacts peer;
  peer.remote.ip = address;
  peer.resolve = name.empty() ? mail::Resolve::fail : mail::Resolve::ok;
  peer.name = name.empty() ? "[" + address.to_mail_string() + "]" : std::move(name);
  return peer;
}

std::optional<mail::Verify> verify_named(std::string_view word) {
  using enum mail::Verify;
  for (const auto one : {ok, trusted, no, not_, fail, none, temp, software, protocol, config}) {
    if (iequals(mail::to_string(one), word)) return one;
  }
  return std::nullopt;
}

Checks::Checks(Inquiry& inquiry, const policy::Access& access, const policy::SiteOptions& options,
               ClientFacts client, Tell tell)
    : inquiry_(inquiry),
      access_(access),
      options_(options),
      client_(std::move(client)),
      tell_(std::move(tell)) {}

policy::ClientView Checks::view() const {
  policy::ClientView view{client_.peer, client_.tls, client_.auth};
  view.helo = client_.helo;
  view.sender = client_.sender;
  view.sender_domain = client_.domain;
  view.lists = lists_;
  view.sender_hosts = &sender_hosts_;
  view.recipient_hosts = &recipient_hosts_;
  return view;
}

policy::Verdict Checks::connect() {
  ask_lists(policy::lists_before_connect(access_, options_, client_.peer));
  return policy::check_connect(access_, options_, view());
}

policy::Verdict Checks::sender(const std::string& address) {
  ask_lists(policy::lists_before_sender(access_, options_, view(), address));
  sender_hosts_ =
      ask_hosts(policy::sender_hosts_to_ask(access_, options_, view(), address), Depth::addresses);
  auto verdict = policy::check_sender(access_, options_, view(), address,
                                      mail::in_brackets(address), client_.domain);
  client_.sender = address;
  return verdict;
}

policy::Verdict Checks::recipient(const std::string& address) {
  // Those of the sender, where nobody has asked about one.
  if (options_.delay_checks != policy::Delay::no && lists_.empty()) {
    ask_lists(policy::lists_before_sender(access_, options_, view(), client_.sender));
  }
  recipient_hosts_ =
      ask_hosts(policy::recipient_hosts_to_ask(access_, options_, view(), address), Depth::hosts);
  return policy::check_recipient(access_, options_, view(), address, mail::in_brackets(address));
}

void Checks::ask_lists(const std::vector<std::string>& questions) {
  lists_ = inquiry_.ask_lists(questions);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (!questions[i].empty()) tell_(list_words(options_.block_lists[i], questions[i], lists_[i]));
  }
}

policy::MailHosts Checks::ask_hosts(const std::string& domain, Depth depth) {
  auto hosts = inquiry_.ask_mail_hosts(domain, depth);
  if (!domain.empty()) tell_("MX " + mail_host_words(domain, hosts));
  return hosts;
}

}  // namespace signet::command
