#include "deliver/host_search.h"

#include <algorithm>
#include <utility>

#include "signet/base/text.h"

namespace signet::deliver {

HostSearch::HostSearch(dns::Resolver& resolver, std::shared_ptr<const Options> options,
                       std::vector<policy::NextHop> hops, std::uint32_t random)
    : resolver_(resolver),
      options_(std::move(options)),
      hops_(std::make_move_iterator(hops.begin()), std::make_move_iterator(hops.end())),
      random_(random) {
  const auto& last_resort = options_->search.fallback_smart_host;
  const bool leaves = !hops_.empty() && !hops_.front().lmtp;
  if (leaves && last_resort && !is_us(last_resort->host)) hops_.push_back(*last_resort);
}

bool HostSearch::is_us(std::string_view host) const {
  return std::ranges::any_of(options_->site.local_domains,
                             [&](const std::string& name) { return iequals(name, host); });
}

void HostSearch::next(Done done) {
  done_ = std::move(done);
  advance();
}

void HostSearch::advance() {
  if (!candidates_.empty()) {
    Candidate candidate = std::move(candidates_.front());
    candidates_.pop_front();
    return give(std::move(candidate));
  }
  if (!hosts_.empty()) return begin_host();
  if (!hops_.empty()) return begin_hop();
  give(last_ ? *last_ : lookup_deferred(host_));
}

void HostSearch::give(Next next) {
  auto done = std::move(done_);
  done(std::move(next));
}

void HostSearch::begin_hop() {
  const policy::NextHop hop = std::move(hops_.front());
  hops_.pop_front();
  at_fallback_ = std::exchange(fallback_is_next_, false);
  port_ = hop.port;
  lmtp_ = hop.lmtp;
  helo_ = hop.helo;
  if (hop.host.starts_with('/')) {
    host_ = "localhost";
    candidates_.push_back({.host = host_,
                           .address = {IpAddress::v4({127, 0, 0, 1}), 0},
                           .socket = hop.host,
                           .lmtp = hop.lmtp});
    return advance();
  }
  if (const auto ip = IpAddress::parse(hop.host)) {
    host_ = "[" + ip->to_mail_string() + "]";
    add_candidate(options_->search.connect_only_to.value_or(*ip));
    return advance();
  }
  if (!hop.use_mx) {
    hosts_.push_back(hop.host);
    return advance();
  }
  host_ = hop.host;
  query_ = resolver_.mx(hop.host, [this, hop](const dns::Answer<dns::MxRecord>& answer) {
    on_choice(hop, dns::choose_mx(hop.host, answer, options_->site.local_domains, random_));
  });
}

void HostSearch::on_choice(const policy::NextHop& hop, const dns::MxChoice& choice) {
  using Kind = dns::MxChoice::Outcome;
  switch (choice.outcome) {
    case Kind::hosts:
      hosts_.assign(choice.hosts.begin(), choice.hosts.end());
      break;
    case Kind::null_mx:
      remember(null_mx());
      break;
    case Kind::no_host:
      remember(host_unknown(hop.host));
      break;
    case Kind::temporary:
      remember(lookup_deferred(hop.host));
      break;
    case Kind::loops_back: {
      const auto& own = options_->site.local_domains;
      remember(loops_back(hop.host, own.empty() ? "this host" : own.front()));
      if (options_->search.try_null_mx_list) hosts_.push_back(hop.host);
      return advance();
    }
  }
  const auto& fallback = options_->search.fallback_mx;
  const bool wanted = choice.outcome != Kind::null_mx && !choice.ours && !at_fallback_;
  if (fallback && wanted && !is_us(fallback->host)) {
    hops_.push_front(*fallback);
    fallback_is_next_ = true;
  }
  advance();
}

// A doubt weighs more than a refusal; of the others the first is about the domain of the mail, what
// follows about fallbacks.
void HostSearch::remember(Outcome reason) {
  const bool doubt = reason.state == Outcome::State::deferred;
  if (!last_ || (doubt && last_->state != Outcome::State::deferred)) last_ = std::move(reason);
}

void HostSearch::begin_host() {
  host_ = std::move(hosts_.front());
  hosts_.pop_front();
  if (options_->search.connect_only_to) {
    add_candidate(*options_->search.connect_only_to);
    return advance();
  }
  query_ = resolver_.addresses(
      host_, [this](const dns::Answer<IpAddress>& answer) { on_addresses(answer); });
}

void HostSearch::on_addresses(const dns::Answer<IpAddress>& answer) {
  for (const auto& ip : answer.records) add_candidate(ip);
  if (candidates_.empty()) {
    const bool certain = answer.found != dns::Found::temporary;
    // A lone domain without address does not exist for mail; a dead MX among others is skipped, and
    // a doubtful answer must never bounce what a retry could deliver.
    remember(certain ? host_unknown(host_) : lookup_deferred(host_));
  }
  advance();
}

}  // namespace signet::deliver
