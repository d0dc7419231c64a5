#include "receive/client_name.h"

#include <algorithm>
#include <utility>

namespace signet::receive {

ClientName::ClientName(loop::Loop& loop, dns::Resolver& resolver, const IpAddress& ip,
                       Duration patience, Done done)
    : resolver_(resolver),
      ip_(ip),
      done_(std::move(done)),
      patience_(loop, [this] { finish(mail::Resolve::temp, ptr_); }) {
  patience_.arm_in(patience);
  query_ = resolver_.names(
      ip_, [this](dns::Answer<std::string> answer) { on_names(std::move(answer)); });
}

void ClientName::on_names(dns::Answer<std::string> answer) {
  if (answer.found == dns::Found::temporary) return finish(mail::Resolve::temp, {});
  if (answer.found != dns::Found::yes || answer.records.empty()) {
    return finish(mail::Resolve::fail, {});
  }
  ptr_ = std::move(answer.records.front());
  query_ = resolver_.addresses(
      ptr_, [this](dns::Answer<IpAddress> addresses) { on_addresses(addresses); });
}

void ClientName::on_addresses(const dns::Answer<IpAddress>& answer) {
  if (answer.found == dns::Found::temporary) return finish(mail::Resolve::temp, ptr_);
  const bool same = std::ranges::find(answer.records, ip_) != answer.records.end();
  finish(same ? mail::Resolve::ok : mail::Resolve::forged, ptr_);
}

void ClientName::finish(mail::Resolve resolve, std::string ptr) {
  if (!done_) return;
  patience_.cancel();
  Found found;
  found.name = resolve == mail::Resolve::ok ? ptr : "[" + ip_.to_mail_string() + "]";
  found.ptr = std::move(ptr);
  found.resolve = resolve;
  // Last: the owner may destroy us.
  auto done = std::exchange(done_, nullptr);
  done(std::move(found));
}

}  // namespace signet::receive
