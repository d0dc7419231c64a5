#include "support/fake_resolver.h"

#include <utility>

#include "signet/base/check.h"
#include "signet/base/text.h"

namespace signet::test {
namespace {

std::string key_of(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (const auto ip = IpAddress::parse(name)) return ip->to_string();
  return to_lower(name);
}

IpAddress parsed(std::string_view ip) {
  const auto address = IpAddress::parse(ip);
  SIGNET_CHECK(address.has_value());
  return *address;
}

// Its end is what tells the posted answer that nobody waits.
class Waiting final : public dns::Query {
 public:
  [[nodiscard]] std::weak_ptr<bool> sign() const { return alive_; }

 private:
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

void FakeResolver::add_address(std::string_view name, std::string_view ip) {
  known_.insert(key_of(name));
  addresses_[key_of(name)].push_back(parsed(ip));
}

void FakeResolver::add_mx(std::string_view domain, std::uint16_t preference,
                          std::string_view host) {
  known_.insert(key_of(domain));
  mx_[key_of(domain)].push_back({preference, key_of(host)});
}

void FakeResolver::add_name(std::string_view ip, std::string_view name) {
  known_.insert(key_of(ip));
  names_[key_of(ip)].push_back(key_of(name));
}

void FakeResolver::add_record(std::string_view name, dns::RecordType type, std::string_view text) {
  known_.insert(key_of(name));
  records_[type][key_of(name)].emplace_back(text);
}

void FakeResolver::fail(std::string_view name_or_ip, std::string_view detail) {
  failing_[key_of(name_or_ip)] = detail;
}

void FakeResolver::recover(std::string_view name_or_ip) { failing_.erase(key_of(name_or_ip)); }

void FakeResolver::release() {
  held_ = false;
  for (auto& task : std::exchange(waiting_, {})) loop_.post(std::move(task));
}

void FakeResolver::forget_all() {
  addresses_.clear();
  mx_.clear();
  names_.clear();
  failing_.clear();
  known_.clear();
}

void FakeResolver::send(loop::Task task) {
  if (held_) {
    waiting_.push_back(std::move(task));
  } else {
    loop_.post(std::move(task));
  }
}

template <class T>
std::unique_ptr<dns::Query> FakeResolver::answer(const std::string& key, const Records<T>& records,
                                                 On<T> done) {
  auto query = std::make_unique<Waiting>();
  // Looked up when it is answered: what changes while questions are held counts.
  send([this, key, &records, done = std::move(done), sign = query->sign()]() mutable {
    if (sign.expired()) return;
    dns::Answer<T> answer;
    if (const auto failure = failing_.find(key); failure != failing_.end()) {
      answer.detail = failure->second;
    } else if (const auto found = records.find(key); found != records.end()) {
      answer.found = dns::Found::yes;
      answer.records = found->second;
    } else {
      answer.found = known_.contains(key) ? dns::Found::no_data : dns::Found::no_name;
    }
    done(std::move(answer));
  });
  return query;
}

std::unique_ptr<dns::Query> FakeResolver::addresses(std::string_view name, On<IpAddress> done) {
  asked_.push_back("a " + key_of(name));
  if (const auto literal = IpAddress::parse(name)) {
    auto& records = addresses_[key_of(name)];
    records.assign(1, *literal);
  }
  return answer(key_of(name), addresses_, std::move(done));
}

std::unique_ptr<dns::Query> FakeResolver::ipv4(std::string_view name, On<IpAddress> done) {
  asked_.push_back("a " + key_of(name));
  return answer(key_of(name), addresses_, std::move(done));
}

std::unique_ptr<dns::Query> FakeResolver::mx(std::string_view name, On<dns::MxRecord> done) {
  asked_.push_back("mx " + key_of(name));
  return answer(key_of(name), mx_, std::move(done));
}

std::unique_ptr<dns::Query> FakeResolver::names(const IpAddress& ip, On<std::string> done) {
  asked_.push_back("ptr " + ip.to_string());
  return answer(ip.to_string(), names_, std::move(done));
}

std::unique_ptr<dns::Query> FakeResolver::records(std::string_view name, dns::RecordType type,
                                                  On<std::string> done) {
  asked_.push_back("type" + std::to_string(static_cast<int>(type)) + " " + key_of(name));
  return answer(key_of(name), records_[type], std::move(done));
}

}  // namespace signet::test
