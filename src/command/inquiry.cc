#include "command/inquiry.h"

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::command {

Result<dns::Resolver*> Inquiry::resolver() {
  if (resolver_) return resolver_.get();
  auto made = dns::make_resolver(loop_, daemon::resolver_options(*site_.config));
  if (!made) return std::unexpected(std::move(made).error());
  resolver_ = std::move(*made);
  return resolver_.get();
}

std::vector<policy::ListAnswer> Inquiry::ask_lists(const std::vector<std::string>& questions) {
  const auto& options = *site_.receive;
  const auto& lists = options.site.block_lists;
  std::vector<policy::ListAnswer> found(lists.size());
  if (questions.empty()) return found;
  const auto resolver = this->resolver();
  if (!resolver) return found;
  receive::ListSearch search(loop_, **resolver, lists, questions, options.list_patience,
                             [&](std::vector<policy::ListAnswer> answers) {
                               found = std::move(answers);
                               loop_.stop();
                             });
  loop_.run();
  return found;
}

policy::MailHosts Inquiry::ask_mail_hosts(const std::string& domain,
                                          receive::MailHostSearch::Depth depth) {
  policy::MailHosts found;
  if (domain.empty()) return found;
  found.state = policy::MailHosts::State::temporary;
  const auto resolver = this->resolver();
  if (!resolver) return found;
  receive::MailHostSearch search(loop_, **resolver, domain, depth, site_.receive->lookup_timeout,
                                 [&](policy::MailHosts hosts) {
                                   found = std::move(hosts);
                                   loop_.stop();
                                 });
  loop_.run();
  return found;
}

Result<dns::Answer<dns::MxRecord>> Inquiry::ask_mx(std::string_view host) {
  const auto resolver = this->resolver();
  if (!resolver) return std::unexpected(resolver.error());
  dns::Answer<dns::MxRecord> found;
  const auto query = (*resolver)->mx(host, [&](dns::Answer<dns::MxRecord> answer) {
    found = std::move(answer);
    loop_.stop();
  });
  loop_.run();
  return found;
}

std::string list_words(const policy::BlockList& list, std::string_view question,
                       const policy::ListAnswer& answer) {
  using State = policy::ListAnswer::State;
  const std::string asked = list.feature + " " + printable(question);
  switch (answer.state) {
    case State::not_asked:
      return asked + ": not asked";
    case State::waiting:
      return asked + ": one in front of it has decided";
    case State::not_listed:
      return asked + ": not listed";
    case State::no_answer:
      return asked + ": no answer";
    case State::listed:
      break;
  }
  std::string words = asked + ": listed";
  for (const auto& address : answer.addresses) words += " " + address.to_string();
  const auto trouble = policy::list_trouble(list, answer);
  return trouble.empty() ? words : asked + ": " + trouble;
}

std::string mail_host_words(std::string_view domain, const policy::MailHosts& hosts) {
  std::string words = printable(domain) + ":";
  if (hosts.state != policy::MailHosts::State::known) return words + " no answer";
  for (const auto& host : hosts.hosts) words += " " + (host.empty() ? "." : host);
  for (const auto& address : hosts.addresses) words += " [" + address.to_string() + "]";
  return words;
}

}  // namespace signet::command
