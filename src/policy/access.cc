// One search builds its keys in two buffers that are cut and refilled: a walk over a host name or
// an address allocates at most once per buffer.
#include "signet/policy/access.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::policy {
namespace {

// Asks "tag:name", then `name` alone where bare keys count. Names are given in lower case.
class Search final {
 public:
  Search(const table::Table& map, bool skip, std::string_view tag, Tagged mode)
      : map_(map), skip_(skip), mode_(mode), key_(to_lower(tag)) {
    key_ += ':';
    tag_size_ = key_.size();
  }

  // True: the search is over; result() tells how.
  [[nodiscard]] bool ask(std::string_view before, std::string_view name = {}) {
    key_.resize(tag_size_);
    key_ += before;
    key_ += name;
    if (find(key_)) return true;
    return mode_ == Tagged::also_bare && find(std::string_view(key_).substr(tag_size_));
  }

  [[nodiscard]] Lookup result() { return std::move(result_); }

 private:
  bool find(std::string_view key) {
    if (key.empty()) return false;
    auto value = map_.find(key);
    if (!value) {
      result_ = std::unexpected(std::move(value).error());
      return true;
    }
    if (!*value) return false;
    if (skip_ && iequals(trim(**value), "SKIP")) return true;  // over, nothing found
    result_ = Hit{std::string(key), std::move(**value)};
    return true;
  }

  const table::Table& map_;
  const bool skip_;
  const Tagged mode_;
  std::string key_;
  std::size_t tag_size_ = 0;
  Lookup result_ = std::nullopt;
};

// "[10.1.2.3]" -> "[10.1.2]" -> "[10.1]" -> "[10]"
bool walk_literal(Search& search, std::string_view literal) {
  if (search.ask(literal)) return true;
  literal.remove_suffix(1);
  for (;;) {
    const auto cut = literal.find_last_of(".:");
    if (cut == std::string_view::npos) return false;
    literal = literal.substr(0, cut);
    while (literal.ends_with(':')) literal.remove_suffix(1);
    if (literal.size() < 2) return false;
    if (search.ask(literal, "]")) return true;
  }
}

// mx.example.org, [.example.org,] example.org, [.org,] org
bool walk_domain(Search& search, std::string_view host, bool dotted) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return false;
  if (host.starts_with('[') && host.ends_with(']')) return walk_literal(search, host);
  for (;;) {
    if (search.ask(host)) return true;
    const auto dot = host.find('.');
    if (dot == std::string_view::npos || dot + 1 == host.size()) return false;
    if (dotted && search.ask(host.substr(dot))) return true;
    host.remove_prefix(dot + 1);
  }
}

std::string address_key(const IpAddress& ip, bool compressed) {
  if (!ip.is_v6()) return ip.to_string();
  return to_lower(compressed ? "IPv6:" + ip.to_string() : ip.to_mail_string());
}

// Our extension: "10.0.0.0/9". A network is asked for in the spelling of sendmail's addresses and,
// of IPv6, in the short one.
bool ask_network(Search& search, const IpAddress& ip, std::size_t length) {
  auto bytes = ip.bytes();
  for (std::size_t bit = length; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  const std::string behind = "/" + std::to_string(length);
  if (!ip.is_v6()) {
    const auto network = IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
    return search.ask(network.to_string(), behind);
  }
  const auto network = IpAddress::v6(bytes);
  if (!network.is_v6()) return false;
  return search.ask(to_lower(network.to_mail_string()), behind) ||
         search.ask("ipv6:" + network.to_string(), behind);
}

// Networks of length `from` and shorter ones, down to `to`.
bool ask_networks(Search& search, const IpAddress& ip, const table::Networks& networks,
                  std::pair<std::size_t, std::size_t> range) {
  for (std::size_t length = range.first + 1; length-- > range.second;) {
    const bool there = ip.is_v6() ? networks.v6[length] : networks.v4[length];
    if (there && ask_network(search, ip, length)) return true;
  }
  return false;
}

// How many bits of an address stand in "192.0.2", "ipv6:2001:db8".
std::size_t bits_in(std::string_view prefix, bool v6) {
  const char separator = v6 ? ':' : '.';
  const auto separators = static_cast<std::size_t>(std::ranges::count(prefix, separator));
  return v6 ? separators * 16 : (separators + 1) * 8;
}

// From the whole address to shorter and shorter prefixes. Networks of the length of a prefix, and
// those between it and the next, are asked for behind it: the longest one decides.
bool walk_address(Search& search, const IpAddress& ip, bool compressed,
                  const table::Networks& networks) {
  std::string key = address_key(ip, compressed);
  std::string_view address = key;
  std::size_t longest = ip.is_v6() ? 128 : 32;
  for (;;) {
    if (search.ask(address)) return true;
    auto cut = address.find_last_of(".:");
    const auto shorter =
        cut == std::string_view::npos ? 0 : bits_in(address.substr(0, cut), ip.is_v6());
    if (networks.any()) {
      // Groups that "::" stands for have no prefixes of their own.
      const auto least =
          cut == std::string_view::npos ? 0 : std::min(shorter, longest == 0 ? 0 : longest - 1) + 1;
      if (ask_networks(search, ip, networks, {longest, least})) return true;
      if (least > 0) longest = least - 1;
    }
    if (cut == std::string_view::npos) return false;
    address = address.substr(0, cut);
    while (address.ends_with(':')) address.remove_suffix(1);
    if (address.empty()) return false;
  }
}

// user+detail, user+*, user, each followed by `rest`, which begins with '@'.
bool walk_details(Search& search, std::string_view local, std::string_view rest) {
  if (local.empty()) return false;
  std::string name(local);
  name += rest;
  if (search.ask(name)) return true;
  const auto split = mail::split_detail(local);
  if (!split.detail) return false;
  name.assign(split.user);
  name += "+*";
  name += rest;
  if (search.ask(name)) return true;
  return search.ask(split.user, rest);
}

struct Parts {
  std::string_view local;
  std::string_view domain;  // without '@'
};

Parts parts_of(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return {address, {}};
  auto domain = address.substr(at + 1);
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return {address.substr(0, at), domain};
}

bool walk_full(Search& search, const Parts& parts) {
  if (parts.domain.empty()) return false;
  return walk_details(search, parts.local, "@" + std::string(parts.domain));
}

}  // namespace

Lookup Access::domain(std::string_view tag, std::string_view host, Tagged mode) const {
  if (map_ == nullptr) return std::nullopt;
  Search search(*map_, options_.skip, tag, mode);
  (void)walk_domain(search, to_lower(host), options_.lookup_dot_domain);
  return search.result();
}

Lookup Access::address(std::string_view tag, const IpAddress& ip, Tagged mode) const {
  if (map_ == nullptr) return std::nullopt;
  Search search(*map_, options_.skip, tag, mode);
  (void)walk_address(search, ip, options_.compressed_ipv6, map_->networks());
  return search.result();
}

// SKIP ends the walk it stands in; the address is still asked for.
Lookup Access::peer(std::string_view tag, std::string_view host, const IpAddress& ip,
                    Tagged mode) const {
  auto hit = domain(tag, host, mode);
  if (!hit || *hit) return hit;
  return address(tag, ip, mode);
}

Lookup Access::full_address(std::string_view tag, std::string_view mailbox, Tagged mode) const {
  if (map_ == nullptr) return std::nullopt;
  Search search(*map_, options_.skip, tag, mode);
  const std::string key = to_lower(mailbox);
  (void)walk_full(search, parts_of(key));
  return search.result();
}

Lookup Access::local_part(std::string_view tag, std::string_view local, Tagged mode) const {
  if (map_ == nullptr) return std::nullopt;
  Search search(*map_, options_.skip, tag, mode);
  (void)walk_details(search, to_lower(local), "@");
  return search.result();
}

Lookup Access::mailbox(std::string_view tag, std::string_view address, Tagged mode,
                       bool local_part_alone) const {
  if (map_ == nullptr) return std::nullopt;
  Search search(*map_, options_.skip, tag, mode);
  const std::string key = to_lower(address);
  const Parts parts = parts_of(key);
  const bool alone = local_part_alone || parts.domain.empty();
  (void)(walk_full(search, parts) || (alone && walk_details(search, parts.local, "@")) ||
         walk_domain(search, parts.domain, options_.lookup_dot_domain));
  return search.result();
}

Lookup Access::exact(std::string_view key) const {
  if (map_ == nullptr) return std::nullopt;
  std::string folded = to_lower(key);
  auto value = map_->find(folded);
  if (!value) return std::unexpected(std::move(value).error());
  if (!*value) return std::nullopt;
  return Hit{std::move(folded), std::move(**value)};
}

}  // namespace signet::policy
