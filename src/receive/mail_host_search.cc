#include "signet/receive/mail_host_search.h"

#include <algorithm>
#include <utility>

namespace signet::receive {

using HostState = policy::MailHosts::State;

namespace {

constexpr std::size_t kMostMailHosts = 20;  // of a domain

}  // namespace

MailHostSearch::MailHostSearch(loop::Loop& loop, dns::Resolver& resolver, std::string domain,
                               Depth depth, Duration patience, Done done)
    : resolver_(resolver),
      domain_(std::move(domain)),
      depth_(depth),
      done_(std::move(done)),
      patience_(loop, [this] { finish(HostState::temporary); }) {
  patience_.arm_in(patience);
  queries_.push_back(
      resolver_.mx(domain_, [this](const dns::Answer<dns::MxRecord>& answer) { on_mx(answer); }));
}

void MailHostSearch::on_mx(const dns::Answer<dns::MxRecord>& answer) {
  if (answer.found == dns::Found::temporary) return finish(HostState::temporary);
  auto records = answer.records;
  std::ranges::stable_sort(records, {}, &dns::MxRecord::preference);
  for (auto& record : records) {
    if (found_.hosts.size() < kMostMailHosts) found_.hosts.push_back(std::move(record.host));
  }
  if (found_.hosts.empty()) found_.hosts.push_back(domain_);  // RFC 5321 §5.1
  if (depth_ == Depth::hosts) return finish(HostState::known);
  open_ = found_.hosts.size();
  for (const auto& host : found_.hosts) {
    queries_.push_back(resolver_.ipv4(
        host, [this](const dns::Answer<IpAddress>& addresses) { on_address(addresses); }));
  }
}

// One that is not known stays out: the others may tell enough.
void MailHostSearch::on_address(const dns::Answer<IpAddress>& answer) {
  found_.addresses.insert(found_.addresses.end(), answer.records.begin(), answer.records.end());
  if (--open_ == 0) finish(HostState::known);
}

void MailHostSearch::finish(HostState state) {
  if (!done_) return;
  patience_.cancel();
  found_.state = state;
  // Last: the owner may destroy us.
  auto done = std::exchange(done_, nullptr);
  done(std::move(found_));
}

}  // namespace signet::receive
