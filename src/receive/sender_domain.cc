#include "receive/sender_domain.h"

#include <utility>

namespace signet::receive {

using policy::DomainState;

SenderDomain::SenderDomain(loop::Loop& loop, dns::Resolver& resolver, std::string domain,
                           Duration patience, Done done)
    : resolver_(resolver),
      domain_(std::move(domain)),
      done_(std::move(done)),
      patience_(loop, [this] { finish(DomainState::temporary); }) {
  patience_.arm_in(patience);
  query_ = resolver_.mx(domain_,
                        [this](const dns::Answer<dns::MxRecord>& answer) { on_mx(answer.found); });
}

void SenderDomain::on_mx(dns::Found found) {
  if (found == dns::Found::yes) return finish(DomainState::resolves);
  if (found == dns::Found::no_name) return finish(DomainState::no_such_domain);
  doubtful_ = found == dns::Found::temporary;
  query_ = resolver_.addresses(domain_, [this](const dns::Answer<IpAddress>& answer) {
    if (answer.found == dns::Found::yes) return finish(DomainState::resolves);
    // No address is no proof while the MX is not known.
    const bool certain = answer.found != dns::Found::temporary && !doubtful_;
    finish(certain ? DomainState::no_such_domain : DomainState::temporary);
  });
}

void SenderDomain::finish(DomainState state) {
  if (!done_) return;
  patience_.cancel();
  // Last: the owner may destroy us.
  auto done = std::exchange(done_, nullptr);
  done(state);
}

}  // namespace signet::receive
