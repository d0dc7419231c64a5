// The resolver of a loop: hosts file, then libunbound.
#include "signet/dns/resolver.h"

#include <event2/event.h>
#include <unbound-event.h>
#include <unbound.h>

#include <fstream>
#include <functional>
#include <optional>
#include <utility>

#include "dns/hosts.h"
#include "dns/packet.h"
#include "dns/unbound.h"
#include "signet/base/text.h"

namespace signet::dns {
namespace {

// An answer that is known at once still comes from the loop, after the call returned.
template <class T>
class KnownQuery final : public Query {
 public:
  KnownQuery(loop::Loop& loop, Answer<T> answer, Resolver::On<T> done)
      : alive_(std::make_shared<bool>(true)) {
    loop.post([here = std::weak_ptr<bool>(alive_), answer = std::move(answer),
               done = std::move(done)]() mutable {
      if (!here.expired()) done(std::move(answer));
    });
  }

 private:
  std::shared_ptr<bool> alive_;
};

template <class T>
class OneQuery final : public Query {
 public:
  struct Question {
    const std::string& name;
    Type type;
    std::function<Answer<T>(const Packet&)> parse;
  };
  OneQuery(const Unbound& unbound, const Question& question, Resolver::On<T> done)
      : raw_(unbound, question.name, question.type,
             [parse = question.parse, done = std::move(done)](const Packet& packet) mutable {
               auto call = std::move(done);
               call(parse(packet));
             }) {}

 private:
  RawQuery raw_;
};

// A and AAAA side by side. One that has addresses is enough; a doubt about the other only counts
// when there are none.
class AddressQuery final : public Query {
 public:
  AddressQuery(const Unbound& unbound, const std::string& name, Resolver::On<IpAddress> done)
      : done_(std::move(done)),
        v4_(unbound, name, Type::a, [this](const Packet& packet) { on_part(first_, packet); }),
        v6_(unbound, name, Type::aaaa, [this](const Packet& packet) { on_part(second_, packet); }) {
  }

 private:
  void on_part(std::optional<Answer<IpAddress>>& part, const Packet& packet) {
    part = addresses_in(packet);
    if (!first_ || !second_) return;
    Answer<IpAddress> both = std::move(*first_);
    both.records.insert(both.records.end(), second_->records.begin(), second_->records.end());
    both.secure = both.secure && second_->secure;
    if (!both.records.empty()) {
      both.found = Found::yes;
    } else if (second_->found == Found::temporary || both.found == Found::temporary) {
      both.found = Found::temporary;
      if (both.detail.empty()) both.detail = second_->detail;
    }
    auto call = std::move(done_);
    call(std::move(both));
  }

  Resolver::On<IpAddress> done_;
  std::optional<Answer<IpAddress>> first_;
  std::optional<Answer<IpAddress>> second_;
  RawQuery v4_;
  RawQuery v6_;
};

std::string reverse_name(const IpAddress& ip) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  const auto& bytes = ip.bytes();
  if (!ip.is_v6()) {
    for (int i = 3; i >= 0; --i) name += std::to_string(bytes[static_cast<std::size_t>(i)]) + '.';
    return name + "in-addr.arpa";
  }
  for (int i = 15; i >= 0; --i) {
    const auto byte = bytes[static_cast<std::size_t>(i)];
    name += kHex[byte & 15U];
    name += '.';
    name += kHex[byte >> 4U];
    name += '.';
  }
  return name + "ip6.arpa";
}

class UnboundResolver final : public Resolver {
 public:
  struct ContextFree {
    void operator()(ub_ctx* context) const { ub_ctx_delete(context); }
  };
  using Context = std::unique_ptr<ub_ctx, ContextFree>;

  UnboundResolver(loop::Loop& loop, Context context, const ResolverOptions& options)
      : context_(std::move(context)),
        unbound_{.loop = loop, .context = context_.get(), .patience = options.patience},
        ipv6_(options.ipv6),
        hosts_(options.hosts_file) {}

  std::unique_ptr<Query> addresses(std::string_view name, On<IpAddress> done) override {
    if (const auto literal = IpAddress::parse(name))
      return known<IpAddress>({*literal}, std::move(done));
    auto found = hosts_.addresses(name);
    if (!ipv6_) std::erase_if(found, [](const IpAddress& ip) { return ip.is_v6(); });
    if (!found.empty()) return known(std::move(found), std::move(done));
    const std::string host = host_name(name);
    if (host.empty()) return unknown(std::move(done));
    if (ipv6_) return std::make_unique<AddressQuery>(unbound_, host, std::move(done));
    return one<IpAddress>({host, Type::a, &addresses_in}, std::move(done));
  }

  std::unique_ptr<Query> ipv4(std::string_view name, On<IpAddress> done) override {
    const std::string host = host_name(name);
    if (host.empty()) return unknown(std::move(done));
    return one<IpAddress>({host, Type::a, &addresses_in}, std::move(done));
  }

  std::unique_ptr<Query> mx(std::string_view name, On<MxRecord> done) override {
    const std::string host = host_name(name);
    if (host.empty()) return unknown(std::move(done));
    return one<MxRecord>({host, Type::mx, &mx_in}, std::move(done));
  }

  std::unique_ptr<Query> names(const IpAddress& ip, On<std::string> done) override {
    if (auto found = hosts_.names(ip); !found.empty())
      return known(std::move(found), std::move(done));
    if (ip == IpAddress::v4({127, 0, 0, 1}))
      return known<std::string>({"localhost"}, std::move(done));
    const std::string name = reverse_name(ip);
    return one<std::string>({name, Type::ptr, &names_in}, std::move(done));
  }

  std::unique_ptr<Query> records(std::string_view name, RecordType type,
                                 On<std::string> done) override {
    const std::string host = host_name(name);
    if (host.empty()) return unknown(std::move(done));
    return one<std::string>(
        {host, type, [type](const Packet& packet) { return records_in(packet, type); }},
        std::move(done));
  }

 private:
  template <class T>
  std::unique_ptr<Query> one(const typename OneQuery<T>::Question& question, On<T> done) {
    return std::make_unique<OneQuery<T>>(unbound_, question, std::move(done));
  }
  template <class T>
  std::unique_ptr<Query> known(std::vector<T> records, On<T> done) {
    Answer<T> answer;
    answer.found = Found::yes;
    answer.records = std::move(records);
    return std::make_unique<KnownQuery<T>>(unbound_.loop, std::move(answer), std::move(done));
  }
  template <class T>
  std::unique_ptr<Query> unknown(On<T> done) {
    Answer<T> answer;
    answer.found = Found::no_name;
    answer.detail = "not a host name";
    return std::make_unique<KnownQuery<T>>(unbound_.loop, std::move(answer), std::move(done));
  }

  Context context_;
  Unbound unbound_;
  bool ipv6_;
  Hosts hosts_;
};

// "nameserver" lines of resolv.conf(5); none: libunbound asks from the root down.
std::vector<std::string> system_servers() {
  std::vector<std::string> servers;
  std::ifstream file("/etc/resolv.conf");
  for (std::string line; std::getline(file, line);) {
    const auto parts = words(line);
    if (parts.size() >= 2 && parts[0] == "nameserver" && IpAddress::parse(parts[1])) {
      servers.emplace_back(parts[1]);
    }
  }
  return servers;
}

struct Setting {
  const char* name;
  const char* value;
};
constexpr Setting kSettings[] = {
    {"do-not-query-localhost:", "no"},  // a resolver of the site may well be on this host
    {"unblock-lan-zones:", "yes"},      // and may know the private addresses' names
    {"infra-host-ttl:", "60"},          // a server that was dead is asked again within a minute
    {"infra-keep-probing:", "yes"},
    {"outgoing-range:", "256"},  // questions on the way at one time; more of them wait
};

// The library's log, which all contexts share, is made ready with the first context, and not safely
// when two threads make theirs at the same time.
void prepare_library() {
  [[maybe_unused]] static const bool done = [] {
    if (ub_ctx* first = ub_ctx_create(); first != nullptr) ub_ctx_delete(first);
    return true;
  }();
}

}  // namespace

Result<std::unique_ptr<Resolver>> make_resolver(loop::Loop& loop, const ResolverOptions& options) {
  prepare_library();
  UnboundResolver::Context context(ub_ctx_create_event(static_cast<event_base*>(loop.native())));
  if (!context) return temporary("libunbound: no context");
  for (const auto& [name, value] : kSettings) {
    if (const int code = ub_ctx_set_option(context.get(), name, value); code != 0) {
      return permanent(std::string("libunbound: ") + name + " " + ub_strerror(code));
    }
  }
  ub_ctx_debuglevel(context.get(), 0);
  ub_ctx_debugout(context.get(), nullptr);
  const auto servers =
      options.server.empty() ? system_servers() : std::vector<std::string>{options.server};
  for (const auto& server : servers) {
    if (const int code = ub_ctx_set_fwd(context.get(), server.c_str()); code != 0) {
      return permanent("resolver " + server + ": " + ub_strerror(code));
    }
  }
  // Known to libunbound as names without servers; sites try things out below them. Last: it ends
  // the time for settings.
  for (const auto* zone : {"test.", "127.in-addr.arpa."}) ub_ctx_zone_remove(context.get(), zone);
  return std::make_unique<UnboundResolver>(loop, std::move(context), options);
}

}  // namespace signet::dns
